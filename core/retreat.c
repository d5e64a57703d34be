/* SPDX-License-Identifier: Apache-2.0 */
/* retreat.c -- sending the worker away and waiting until the kernel has forgotten it. */
#include "core/retreat.h"

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"
#include "core/config.h"
#include "core/cpu.h"
#include "core/log.h"

enum {
	WAIT_NS = 1000 * 1000 * 1000, /* the worker may be in the middle of a large symbol table */
	PRIVILEGES_NS = 50 * 1000 * 1000,
	SAMPLES_NS = 50 * 1000 * 1000,
	LOOK_MS = 2, /* between two words to it */
};

static bool is_gone(const struct state *state)
{
	return atomic_load(&state->worker) != WORKER_ALIVE && !atomic_load(&state->worker_tid);
}

/* Told again and again: one that has just been born does not know what its predecessor was told. */
static void wait_for_worker(struct state *state, enum command command)
{
	uint64_t began = arch_clock_ns(CLOCK_MONOTONIC);
	while (!is_gone(state) && arch_clock_ns(CLOCK_MONOTONIC) - began < WAIT_NS) {
		atomic_fetch_or(&state->command, command);
		state_wake(&state->command);
		state_wait(&state->worker_tid, atomic_load(&state->worker_tid), LOOK_MS);
	}
}

/* The word that says the thread has gone is written before it has left the thread group. */
static void wait_for_kernel(const struct state *state, uint32_t tid)
{
	uint64_t began = arch_clock_ns(CLOCK_MONOTONIC);
	while (arch_syscall(SYS_tgkill, state->process, tid, 0, 0, 0) != -ESRCH &&
	       arch_clock_ns(CLOCK_MONOTONIC) - began < WAIT_NS)
		arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0);
}

static void send_worker_away(struct state *state, enum command command)
{
	uint32_t tid = atomic_load(&state->worker_tid);
	wait_for_worker(state, command);
	if (tid)
		wait_for_kernel(state, tid);
}

/* They take microseconds; one that is stopped in the middle is not waited for. */
static void wait_for_samples(const struct state *state)
{
	uint64_t began = arch_clock_ns(CLOCK_MONOTONIC);
	while (atomic_load(&state->busy) && arch_clock_ns(CLOCK_MONOTONIC) - began < SAMPLES_NS)
		arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0);
}

struct retreat retreat_begin(bool is_final)
{
	struct retreat retreat = {.state = state_of_process(), .is_final = is_final};
	struct state *state = retreat.state;
	if (!state)
		return retreat;
	/* pairs with birth_worker: either it sees this or we see its worker */
	atomic_fetch_add(&state->away, 1);
	if (is_final) {
		/* first, so that a thread that begins meanwhile does not arm itself */
		atomic_fetch_add(&state->quiet, 1);
		cpu_silence(state);
		wait_for_samples(state);
	}
	send_worker_away(state, is_final ? COMMAND_EXIT : COMMAND_LEAVE);
	return retreat;
}

static void come_back(const struct retreat *retreat)
{
	struct state *state = retreat->state;
	atomic_fetch_and(&state->command, ~(uint32_t)(COMMAND_EXIT | COMMAND_LEAVE));
	if (retreat->is_final)
		atomic_fetch_sub(&state->quiet, 1);
	/* the last to come back; closed: another thread has entered a sandbox meanwhile */
	bool is_last = atomic_fetch_sub(&state->away, 1) == 1;
	if (!is_last || !(atomic_load(&state->wanted) & CONFIG_TYPE_CPU) || state_is_closed())
		return;
	uint32_t tid = arch_thread_id();
	struct thread *slot = thread_find(&state->threads, tid);
	atomic_store(&state->sampling, 1);
	atomic_store(&state->unarmed, 1);
	if (slot)
		cpu_arm_self(state, slot, tid);
}

void retreat_end(const struct retreat *retreat, enum retreat_outcome outcome)
{
	if (!retreat->state)
		return;
	if (outcome == RETREAT_OVER) {
		come_back(retreat);
		return;
	}
	if (outcome == RETREAT_CLOSES)
		state_close();
	log_line(LOG_INFO, "the program has entered a sandbox: it is profiled no further");
}

void retreat_from_privileges(bool waits)
{
	struct state *state = state_of_process();
	if (!state || is_gone(state))
		return;
	uint64_t began = arch_clock_ns(CLOCK_MONOTONIC);
	uint32_t looked = atomic_load(&state->looked);
	atomic_fetch_or(&state->command, COMMAND_LOOK);
	state_wake(&state->command);
	/* the kernel wakes this word too when the worker has gone */
	for (uint32_t tid; waits && (tid = atomic_load(&state->worker_tid)) && !is_gone(state) &&
			   atomic_load(&state->looked) == looked &&
			   arch_clock_ns(CLOCK_MONOTONIC) - began < PRIVILEGES_NS;)
		state_wait(&state->worker_tid, tid, LOOK_MS);
}
