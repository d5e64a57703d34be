/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h -- which allocations are sampled: one each so many bytes, at random.
 *
 * Each thread counts down the bytes that it allocates from a distance drawn from an exponential
 * distribution; the allocation that reaches zero is sampled. So a block of n bytes is sampled with
 * probability 1 - exp(-n / interval), whatever was allocated before it, and stands for the inverse
 * of that many (jemalloc, PROFILING_INTERNALS.md). One byte is added to each block here and there,
 * so that blocks of no bytes are seen too.
 *
 * An interval of 1 samples every allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/capture.h"
#include "core/live.h"

struct heap_thread {
	uint64_t left;	   /* bytes to the next sample */
	uint64_t random;   /* state of the generator; 0: the thread has not begun */
	uint32_t interval; /* that left was drawn with */
	struct capture_stack stack;
};

/* Of the calling thread. Part of what the loader gives every thread, and thus there at any time. */
extern _Thread_local struct heap_thread heap_thread __attribute__((visibility("hidden")));

/* What the allocator says of itself, in bytes: what the program has of it, and what it has of the
 * kernel. */
struct heap_figures {
	uint64_t used, held;
};

/* [hook]   Asks the allocator, on a thread of the program that is not inside of it. */
typedef void heap_asker(struct heap_figures *);

/* [init]   Gets ready to sample one allocation each interval bytes (1 to UINT32_MAX). False without
 * memory. */
bool heap_open(struct state *, uint32_t interval);
/* [init]   Says how the allocator is asked; NULL: it cannot be. */
void heap_know_asker(heap_asker *);
/* [init]   A child of fork begins. */
void heap_begin_child(void);
/* [hook]   The calling thread's stack, for the records of its allocations. */
void heap_know_stack(uintptr_t low, uintptr_t top);

/* [hook]   Counts a block of size bytes. False: it is due to be sampled, by heap_take. */
static inline bool heap_count(size_t size)
{
	uint64_t step = (uint64_t)size + 1;
	if (heap_thread.left < step)
		return false;
	heap_thread.left -= step;
	return true;
}

/* [hook]   Samples a block that heap_count did not count, or finds that the thread had just begun.
 * NULL: the allocator had none. */
void heap_take(void *block, size_t size);

/* [hook]   Counts a mapping that the program has just made. What ends it is told to range.h. */
void heap_map(void *start, size_t size);

/* [hook]   What changes when a block is counted: to be asked before an allocator's function that
 * may call another one that counts. */
static inline uint64_t heap_mark(void)
{
	return heap_thread.left ^ heap_thread.random;
}

/* [hook]   After that function: counts the block unless this has been done inside. */
static inline void heap_count_since(uint64_t mark, void *block, size_t size)
{
	if (block && mark == heap_mark() && !heap_count(size))
		heap_take(block, size);
}

/* [hook]   heap_forget, for a block that may have been sampled. */
void heap_forget_sampled(const void *block);

/* [hook]   The block is about to be given back to the allocator. */
static inline void heap_forget(const void *block)
{
	if (block && live_may_hold(block))
		heap_forget_sampled(block);
}

/* [hook]   The block may be about to move: nobody finds it until heap_moved. */
static inline int heap_move(const void *block)
{
	return block && live_may_hold(block) ? live_hide(block) : LIVE_NONE;
}

/* [hook]   It has moved, or been given back, or stays as it was. */
void heap_moved(int slot, const void *block, bool is_gone);
