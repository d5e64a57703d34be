/* SPDX-License-Identifier: Apache-2.0 */
/* state.c -- mapping the state, and telling a forked child from its parent. */
#include "core/state.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"

/* Constant once mapped; a child inherits the address and finds the bytes wiped. */
static struct state *mapped;

static struct state *map_state(void)
{
	long arguments[6] = {0,
			     sizeof(struct state),
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			     -1,
			     0};
	long address = arch_syscall6(SYS_mmap, arguments);
	if (address < 0 && address > -4096)
		return NULL;
	arch_syscall(SYS_madvise, address, sizeof(struct state), MADV_WIPEONFORK, 0, 0);
	return (struct state *)address;
}

static uint32_t current_process(void)
{
	return (uint32_t)arch_syscall(SYS_getpid, 0, 0, 0, 0, 0);
}

struct state *state_open(void)
{
	if (!mapped)
		mapped = map_state();
	if (!mapped)
		return NULL;
	if (atomic_load_explicit(&mapped->alive, memory_order_acquire) != STATE_ALIVE) {
		ring_init(&mapped->ring, mapped->bytes, STATE_RING_SIZE);
		mapped->process = current_process();
		atomic_store_explicit(&mapped->alive, STATE_ALIVE, memory_order_release);
	}
	return mapped;
}

struct state *state_get(void)
{
	if (mapped && atomic_load_explicit(&mapped->alive, memory_order_acquire) == STATE_ALIVE)
		return mapped;
	return NULL;
}

struct state *state_of_process(void)
{
	struct state *state = state_get();
	return state && state->process == current_process() ? state : NULL;
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
