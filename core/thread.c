/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c -- claiming and releasing slots. */
#include "core/thread.h"

enum { PROBES_MAX = 512 }; /* bounds the time that pthread_create can lose here */

static void raise_to(_Atomic uint32_t *most, uint32_t value)
{
	uint32_t seen = atomic_load_explicit(most, memory_order_relaxed);
	while (seen < value &&
	       !atomic_compare_exchange_weak_explicit(most, &seen, value, memory_order_release,
						      memory_order_relaxed))
		;
}

static struct thread *claim(struct threads *threads, uint32_t index)
{
	struct thread *slot = &threads->slots[index];
	uint32_t free_tid = 0;
	/* pairs with thread_release */
	if (!atomic_compare_exchange_strong_explicit(&slot->tid, &free_tid, THREAD_CLAIMED,
						     memory_order_acquire, memory_order_relaxed))
		return NULL;
	slot->stack_low = slot->stack_top = 0;
	slot->routine = NULL;
	slot->argument = NULL;
	atomic_store_explicit(&slot->timer, THREAD_NO_TIMER, memory_order_relaxed);
	atomic_store_explicit(&slot->blocked, 0, memory_order_relaxed);
	raise_to(&threads->used, index + 1);
	return slot;
}

struct thread *thread_claim(struct threads *threads)
{
	uint32_t start = atomic_load_explicit(&threads->next, memory_order_relaxed);
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		uint32_t index = (start + i) % THREADS_MAX;
		struct thread *slot = claim(threads, index);
		if (!slot)
			continue;
		/* unless a release has lowered it meanwhile */
		atomic_compare_exchange_strong_explicit(&threads->next, &start, index + 1,
							memory_order_relaxed, memory_order_relaxed);
		return slot;
	}
	return NULL;
}

void thread_release(struct threads *threads, struct thread *slot)
{
	uint32_t index = thread_index(threads, slot);
	/* pairs with claim */
	atomic_store_explicit(&slot->tid, 0, memory_order_release);
	uint32_t next = atomic_load_explicit(&threads->next, memory_order_relaxed);
	while (index < next &&
	       !atomic_compare_exchange_weak_explicit(&threads->next, &next, index,
						      memory_order_relaxed, memory_order_relaxed))
		;
}

struct thread *thread_at(struct threads *threads, uint32_t index)
{
	return index < THREADS_MAX ? &threads->slots[index] : NULL;
}

struct thread *thread_find(struct threads *threads, uint32_t tid)
{
	uint32_t count = thread_count(threads);
	for (uint32_t i = 0; i < count; i++)
		if (atomic_load_explicit(&threads->slots[i].tid, memory_order_relaxed) == tid)
			return &threads->slots[i];
	return NULL;
}

uint32_t thread_index(const struct threads *threads, const struct thread *slot)
{
	return (uint32_t)(slot - threads->slots);
}

uint32_t thread_count(const struct threads *threads)
{
	/* pairs with claim */
	return atomic_load_explicit(&threads->used, memory_order_acquire);
}

void thread_rewind(struct threads *threads)
{
	uint32_t index = 0;
	while (index < THREADS_MAX - 1 &&
	       atomic_load_explicit(&threads->slots[index].tid, memory_order_relaxed))
		index++;
	atomic_store_explicit(&threads->next, index, memory_order_relaxed);
}
