/* SPDX-License-Identifier: Apache-2.0 */
/* state.c -- mapping the state, and telling a forked child from its parent. */
#include "core/state.h"

#include <assert.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"

/* Part of the library's own zeroed memory, which the loader maps anyway. */
static _Alignas(4096) struct state space;

/* Outside of it: a child, which finds it wiped, is in the sandbox as well. */
static _Atomic bool is_closed;

struct state *state_open(void)
{
	if (atomic_load_explicit(&space.alive, memory_order_acquire) != STATE_ALIVE) {
		ring_init(&space.ring, space.bytes, STATE_RING_SIZE);
		atomic_store_explicit(&space.alive, STATE_ALIVE, memory_order_release);
	}
	return &space;
}

struct state *state_get(void)
{
	bool is_alive = atomic_load_explicit(&space.alive, memory_order_acquire) == STATE_ALIVE;
	return is_alive ? &space : NULL;
}

void state_protect(struct state *state)
{
	static_assert(sizeof(space) % 4096 == 0, "nobody else's bytes are wiped");
	if (!atomic_exchange_explicit(&state->is_protected, 1, memory_order_relaxed))
		arch_syscall(SYS_madvise, (long)&space, sizeof(space), MADV_WIPEONFORK, 0, 0);
}

/* What was never used is zero anyway, and is not touched. */
void state_forget_parent(void)
{
	uint64_t head = atomic_load(&space.ring.head);
	if (!state_get())
		return;
	arch_zero(space.bytes, head < STATE_RING_SIZE ? head : STATE_RING_SIZE);
	arch_zero(space.threads.slots, thread_count(&space.threads) * sizeof(struct thread));
	arch_zero(&space, offsetof(struct state, threads) + offsetof(struct threads, slots));
}

/* A thread with a slot belongs to the process for sure; a child of vfork has none. Not asked
 * earlier, because the constructor may cost so many system calls. */
static void learn_process(struct state *state)
{
	if (thread_find(&state->threads, arch_thread_id()))
		atomic_store_explicit(&state->process, arch_process_id(), memory_order_relaxed);
}

struct state *state_of_process(void)
{
	struct state *state = state_get();
	if (!state)
		return NULL;
	if (!atomic_load_explicit(&state->process, memory_order_relaxed))
		learn_process(state);
	return atomic_load_explicit(&state->process, memory_order_relaxed) == arch_process_id()
		       ? state
		       : NULL;
}

void state_close(void)
{
	atomic_store(&is_closed, true);
	atomic_store_explicit(&space.alive, 0, memory_order_release);
}

bool state_is_closed(void)
{
	return atomic_load(&is_closed);
}

bool state_is_sampling(const struct state *state)
{
	return atomic_load(&state->sampling) && !atomic_load(&state->quiet);
}

void state_lost(struct state *state, enum lost reason)
{
	atomic_fetch_add_explicit(&state->lost[reason], 1, memory_order_relaxed);
}

/* Not the private kind, since the kernel's own wake-up for worker_tid is not of it. */
void state_wait(_Atomic uint32_t *word, uint32_t value, int ms)
{
	struct timespec timeout = {ms / 1000, ms % 1000 * 1000000L};
	arch_syscall(SYS_futex, (long)word, FUTEX_WAIT, value, (long)&timeout, 0);
}

void state_wake(_Atomic uint32_t *word)
{
	arch_syscall(SYS_futex, (long)word, FUTEX_WAKE, INT32_MAX, 0, 0);
}

void state_wake_when_half_full(struct state *state)
{
	if (ring_used(&state->ring) < STATE_RING_SIZE / 2)
		return;
	uint32_t before =
		atomic_fetch_or_explicit(&state->command, COMMAND_DRAIN, memory_order_release);
	if (!(before & COMMAND_DRAIN))
		state_wake(&state->command);
}
