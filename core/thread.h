/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h -- the threads that are followed: a fixed table of slots, claimed without a lock.
 *
 * A slot is claimed by whoever finds a thread first (its creator, or the worker's scan of
 * /proc/self/task) and released once, by the thread at its end or by the worker when it is gone.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
	THREADS_MAX = 16384,
	THREAD_CLAIMED = UINT32_MAX, /* a tid that no thread has */
	THREAD_NO_TIMER = -1,
};

struct thread {
	_Atomic uint32_t tid;	  /* 0: free; THREAD_CLAIMED: the thread has not begun */
	_Atomic int32_t timer;	  /* kernel's timer id, or THREAD_NO_TIMER */
	_Atomic uint32_t blocked; /* tick signals that the thread blocks, as far as it told us */
	uintptr_t stack_low;	  /* of the thread's own stack; both 0: not known */
	uintptr_t stack_top;
	void *(*routine)(void *); /* start routine; NULL: not known */
	void *argument;
};

struct threads {
	_Atomic uint32_t next; /* where the next search for a free slot begins */
	_Atomic uint32_t used; /* no slot from here on was ever claimed */
	struct thread slots[THREADS_MAX];
};

/* [signal] A free slot, marked THREAD_CLAIMED, without timer; NULL when none was found soon. */
struct thread *thread_claim(struct threads *);
/* [signal] Makes the slot free again; its timer must have been deleted. */
void thread_release(struct threads *, struct thread *);
/* [signal] The slot of this index, from a timer's value; NULL when there is no such slot. */
struct thread *thread_at(struct threads *, uint32_t index);
/* [signal] The slot of the thread with this tid, or NULL. */
struct thread *thread_find(struct threads *, uint32_t tid);
/* [signal] */
uint32_t thread_index(const struct threads *, const struct thread *);
/* [signal] The number of slots that a walk over all threads has to look at. */
uint32_t thread_count(const struct threads *);
/* [worker] Lets the next search begin at the first free slot: claims and releases that race leave
 * free ones behind. */
void thread_rewind(struct threads *);
