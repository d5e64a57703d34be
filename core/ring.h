/* SPDX-License-Identifier: Apache-2.0 */
/* ring.h -- from the application's threads to the worker: many writers, one reader, nobody waits.
 *
 * A writer reserves room, fills it, commits it. A full ring drops the record; the caller counts
 * it. The reader takes records in the order in which they were reserved, and stops at one that is
 * not committed yet. What was read is zeroed: a word that is not zero is a header that was written.
 *
 *              reserve  commit  peek  release  rewind      x = the caller must exclude the two
 *     reserve     -       -      -       -       -
 *     commit      -       -      -       -       -
 *     peek        -       -      x       x       x
 *     release     -       -      x       x       x
 *     rewind      -       -      x       x       x
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	uint8_t *bytes;
	uint64_t size;			    /* a power of two */
	uint64_t populated;		    /* the reader's: as far as memory was asked for */
	_Alignas(64) _Atomic uint64_t head; /* bytes reserved since the beginning */
	_Alignas(64) _Atomic uint64_t tail; /* bytes released since the beginning */
};

/* [init]   An empty ring over size zeroed bytes, aligned to 8; they stay the caller's. */
void ring_init(struct ring *, uint8_t *bytes, uint64_t size);
/* [signal] Room for len bytes, aligned to 8 and to be committed; NULL when the ring is full. */
void *ring_reserve(struct ring *, size_t len);
/* [signal] Shows the reader what ring_reserve gave. */
void ring_commit(void *record);
/* [worker] The oldest record, up to the absolute position limit, and its length, up to 7 bytes
 * more than was reserved; NULL when there is none. It stays until ring_release. */
void *ring_peek(struct ring *, uint64_t limit, size_t *len);
/* [worker] Gives back the record that ring_peek returned. */
void ring_release(struct ring *, void *record);
/* [worker] Has the memory of the next size bytes to be reserved mapped, so that no writer takes a
 * page fault for it. Without Linux 5.14 it does nothing. */
void ring_populate(struct ring *, uint64_t size);
/* [worker] Lets the next record begin at the first byte again, if all were released and an eighth
 * of the ring has been used: what is never written to takes no memory. While it is at work a record
 * larger than that eighth may be refused. */
void ring_rewind(struct ring *);
/* [any]    The position behind the newest record: a limit for ring_peek. */
uint64_t ring_head(struct ring *);
/* [signal] Bytes that are reserved and not yet released. */
uint64_t ring_used(struct ring *);
