/* SPDX-License-Identifier: Apache-2.0 */
/* live.h -- the sampled blocks that are alive, by address, of a fixed number and without a lock.
 *
 * Whoever was given an address by the allocator, and has not given it back, is the only one who
 * may claim, hide, show or release it here; the worker walks beside them all. A filter in front
 * tells most frees in a few instructions that their block was not sampled. Blocks go into the first
 * region that has room for them, so that few blocks take little memory. A child of fork finds
 * the table empty: what its parent had allocated is the parent's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIVE_WAYS = 8,	     /* slots of one bucket; an address has one bucket in each region */
	LIVE_REGIONS = 7,    /* each twice as large as the one before it */
	LIVE_FIRST_BITS = 8, /* of a bucket's number in the first region */
	LIVE_SLOTS = LIVE_WAYS * ((1 << (LIVE_FIRST_BITS + LIVE_REGIONS)) - (1 << LIVE_FIRST_BITS)),
	LIVE_FILTER_BITS = 17,
	LIVE_RANGES = 4096,
	LIVE_NONE = -1,
};

struct live_slot {
	_Atomic uint64_t key;	     /* of the address; LIVE_FREE, LIVE_HIDDEN */
	_Atomic uint64_t size;	     /* and LIVE_UNRECORDED */
	_Atomic uint32_t generation; /* how many blocks the slot has held */
	_Atomic uint32_t interval;   /* mean bytes between two samples when it was sampled */
};

/* A sampled mapping (range.h); from is 0 where there is none. */
struct live_range {
	_Atomic uintptr_t from, to;
	_Atomic int slot; /* while it is hidden */
};

struct live {
	_Atomic uint8_t filter[1 << LIVE_FILTER_BITS]; /* blocks with this hash; 255: many */
	_Atomic int regions;			       /* that have ever been used */
	struct live_slot slots[LIVE_SLOTS];
	_Atomic int range_limit; /* none from here on was ever used */
	struct live_range ranges[LIVE_RANGES];
};

/* NULL until live_open. */
extern struct live *live_table;

/* [init]   Maps the table, once. False without memory. */
bool live_open(void);
/* [hook]   Gives its memory back: nobody may ask for a block any more. */
void live_close(void);
/* [init]   In a child of fork: empties it, where the kernel did not. */
void live_forget_parent(void);

/* An address does not stand in our memory as it is, where a collector might take it for a
 * reference. Odd, so that no two addresses have the same key; the upper bits depend on all. */
static inline uint64_t live_key(const void *block)
{
	return (uint64_t)(uintptr_t)block * UINT64_C(0x9e3779b97f4a7c15);
}

/* [hook]   False: the block is not here. The table must be open. */
static inline bool live_may_hold(const void *block)
{
	return atomic_load_explicit(&live_table->filter[live_key(block) >> (64 - LIVE_FILTER_BITS)],
				    memory_order_relaxed);
}

/* [hook]   A slot for the block, hidden; LIVE_NONE when there is no room. An entry of the same
 * address, whose end was not seen, goes. */
int live_claim(const void *block, uint64_t size, uint32_t interval);
/* [hook]   The block in the hidden slot has no record. */
void live_mark_unrecorded(int slot);
/* [hook]   How many blocks a hidden slot has held. */
uint32_t live_generation(int slot);
/* [hook]   The slot of the block, hidden from now on; LIVE_NONE when it is not here. */
int live_hide(const void *block);
/* [hook]   Shows a hidden slot as that of the block. */
void live_show(int slot, const void *block);
/* [hook]   Of a hidden slot's block so much is left. It stands for as many as it did. */
void live_resize(int slot, uint64_t before, uint64_t size);
/* [hook]   Gives a hidden slot back that was last shown as the block's. */
void live_release(int slot, const void *block);

struct live_block {
	uint64_t size;
	bool is_recorded;
	uint32_t generation;
	uint32_t interval;
};

/* [worker] No slot from here on was ever used. */
int live_limit(void);
/* [worker] Whether a block is in the slot that it does not show. */
bool live_is_hidden(int slot);
/* [worker] What the slot shows now; false when that is nothing. */
bool live_read(int slot, struct live_block *);
