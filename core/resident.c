/* SPDX-License-Identifier: Apache-2.0 */
/* resident.c -- keeping the profiler out of the memory that a program locks. */
#include "core/resident.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/arch.h"
#include "core/birth.h"
#include "core/live.h"
#include "core/state.h"

enum { PAGE = 4096 };

static void unlock(const void *from, const void *to)
{
	uintptr_t first = (uintptr_t)from & ~(uintptr_t)(PAGE - 1);
	uintptr_t end = ((uintptr_t)to + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	arch_syscall(SYS_munlock, (long)first, (long)(end - first), 0, 0, 0);
}

void resident_release_range(void *address, unsigned long size)
{
	struct state *state = state_get();
	if (state && atomic_load_explicit(&state->locked, memory_order_relaxed))
		unlock(address, (char *)address + size);
}

void resident_release(bool in_future)
{
	struct state *state = state_of_process();
	if (!state)
		return;
	if (in_future)
		atomic_store(&state->locked, 1);
	unlock(state, state + 1);
	unlock(__ehdr_start, _end);
	if (live_table)
		unlock(live_table, live_table + 1);
	if (state->worker_stack)
		unlock(state->worker_stack, state->worker_stack + BIRTH_STACK_SIZE);
}

/* Only where no other thread can be in the middle of a tick, and the worker has left in time. */
bool resident_may_shrink(void)
{
	struct state *state = state_of_process();
	return state && thread_count(&state->threads) <= 1 &&
	       atomic_load(&state->worker) != WORKER_ALIVE && !atomic_load(&state->worker_tid);
}

void resident_shrink(void)
{
	struct state *state = state_get();
	/* slots and ring; nobody looks there any more: there is no tick, no worker, and none can
	 * begin */
	uintptr_t from = ((uintptr_t)state->threads.slots + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uintptr_t end = (uintptr_t)(state + 1) & ~(uintptr_t)(PAGE - 1);
	arch_syscall(SYS_munmap, (long)from, (long)(end - from), 0, 0, 0);
	if (state->worker_stack)
		arch_syscall(SYS_munmap, (long)state->worker_stack, BIRTH_STACK_SIZE, 0, 0, 0);
	live_close();
}
