/* SPDX-License-Identifier: Apache-2.0 */
/* ring.c -- reservation by compare-and-swap, one header word per record. */
#include "core/ring.h"

#include <assert.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/arch.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum header_state { HEADER_EMPTY, HEADER_RECORD, HEADER_PADDING };

struct header {
	uint32_t size;		/* of header and record, a multiple of 8 */
	_Atomic uint32_t state; /* pairs with ring_peek */
};

static_assert(sizeof(struct header) == 8, "records stay aligned to 8");

void ring_init(struct ring *ring, uint8_t *bytes, uint64_t size)
{
	ring->bytes = bytes;
	ring->size = size;
	ring->populated = 0;
	atomic_store_explicit(&ring->tail, 0, memory_order_relaxed);
	atomic_store_explicit(&ring->head, 0, memory_order_relaxed);
}

static struct header *header_at(struct ring *ring, uint64_t position)
{
	return (struct header *)(ring->bytes + (position & (ring->size - 1)));
}

/* Bytes to skip so that need bytes from head do not wrap round. */
static uint64_t padding_for(const struct ring *ring, uint64_t head, uint64_t need)
{
	uint64_t rest = ring->size - (head & (ring->size - 1));
	return need > rest ? rest : 0;
}

void *ring_reserve(struct ring *ring, size_t len)
{
	if (len > ring->size / 2)
		return NULL;
	uint64_t need = ((len + 7) & ~(uint64_t)7) + sizeof(struct header);
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t padding;
	do {
		padding = padding_for(ring, head, need);
		/* pairs with ring_release: what it zeroed is zero before we write there */
		uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (head + padding + need - tail > ring->size)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(&ring->head, &head, head + padding + need,
							memory_order_relaxed,
							memory_order_relaxed));
	if (padding) {
		struct header *skipped = header_at(ring, head);
		skipped->size = (uint32_t)padding;
		atomic_store_explicit(&skipped->state, HEADER_PADDING, memory_order_release);
	}
	struct header *header = header_at(ring, head + padding);
	header->size = (uint32_t)need;
	return header + 1;
}

void ring_commit(void *record)
{
	struct header *header = (struct header *)record - 1;
	atomic_store_explicit(&header->state, HEADER_RECORD, memory_order_release);
}

static void release(struct ring *ring, struct header *header)
{
	uint32_t size = header->size;
	arch_zero(header, size);
	/* pairs with ring_reserve */
	atomic_fetch_add_explicit(&ring->tail, size, memory_order_release);
}

void *ring_peek(struct ring *ring, uint64_t limit, size_t *len)
{
	for (;;) {
		uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
		if (tail >= limit)
			return NULL;
		struct header *header = header_at(ring, tail);
		/* pairs with ring_commit */
		uint32_t state = atomic_load_explicit(&header->state, memory_order_acquire);
		if (state == HEADER_EMPTY)
			return NULL;
		if (state == HEADER_RECORD) {
			*len = header->size - sizeof(*header);
			return header + 1;
		}
		release(ring, header);
	}
}

void ring_release(struct ring *ring, void *record)
{
	release(ring, (struct header *)record - 1);
}

/* The rest of the lap is reserved and released at once. Meanwhile a writer finds the room before
 * it.
 */
void ring_rewind(struct ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed), head = tail;
	uint64_t used = tail & (ring->size - 1);
	if (used < ring->size / 8)
		return;
	/* fails when something has been reserved */
	if (atomic_compare_exchange_strong_explicit(&ring->head, &head, tail + ring->size - used,
						    memory_order_relaxed, memory_order_relaxed))
		atomic_store_explicit(&ring->tail, tail + ring->size - used, memory_order_release);
}

uint64_t ring_head(struct ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_acquire);
}

uint64_t ring_used(struct ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_relaxed) -
	       atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

void ring_populate(struct ring *ring, uint64_t size)
{
	uint64_t until = (ring_head(ring) & (ring->size - 1)) + size;
	if (until > ring->size) /* the rest is at the beginning, which has been written to */
		until = ring->size;
	if (until <= ring->populated)
		return;
	uintptr_t page = 4096;
	uintptr_t from = ((uintptr_t)ring->bytes + ring->populated) & ~(page - 1);
	uintptr_t to = ((uintptr_t)ring->bytes + until) & ~(page - 1);
	arch_syscall(SYS_madvise, (long)from, (long)(to - from), MADV_POPULATE_WRITE, 0, 0);
	ring->populated = until;
}
