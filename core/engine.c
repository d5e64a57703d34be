/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c -- choosing, switching over, and following threads. */
#include "core/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/arch.h"
#include "core/cpu.h"
#include "core/log.h"
#include "core/perf.h"
#include "core/tasks.h"

enum {
	FOLLOW_NS = 100000000,	/* between two looks at the threads, while they are few */
	RING_AHEAD = 512 << 10, /* memory that ticks find ready: those of two drains, and more */
	FOLLOW_SHARE = 1000,	/* a look costs at most one part in so many */
	TIMER_DRAIN_MS = 100,
	PRIVILEGE_LOOKS = 5,   /* how many looks at the threads to one at the privileges */
	STACK_MAX = 128 << 20, /* the kernel maps nothing so close below the first stack */
};

struct engine_run {
	struct state *state;
	struct gather *gather;
	struct perf *perf; /* NULL: timers */
	bool sampling;
	bool is_wanted; /* CPU time is sampled at all */
	enum engine_end end;
	bool is_late; /* threads may have used time before sampling was asked for */
	bool is_handed_over;
	bool is_expelled; /* the program has a handler of its own for the signal */
	uint32_t looks;
	uint64_t followed_ns;
	uint64_t follow_cost_ns, last_cost_ns;
	size_t stranger_count;
	uint32_t strangers[TASKS_MAX]; /* alive and without a slot at the last look */
	uint32_t alive[TASKS_MAX];
	uint32_t slots[TASKS_MAX];
};

static void for_each_slot(struct engine_run *run,
			  void (*visit)(struct engine_run *, struct thread *, uint32_t tid))
{
	uint32_t count = thread_count(&run->state->threads);
	for (uint32_t i = 0; i < count; i++) {
		struct thread *slot = thread_at(&run->state->threads, i);
		uint32_t tid = atomic_load_explicit(&slot->tid, memory_order_acquire);
		if (tid && tid != THREAD_CLAIMED)
			visit(run, slot, tid);
	}
}

static void disarm(struct engine_run *run, struct thread *slot, uint32_t tid)
{
	(void)tid;
	cpu_disarm(run->state, slot);
}

static void arm(struct engine_run *run, struct thread *slot, uint32_t tid)
{
	if (atomic_load_explicit(&slot->timer, memory_order_acquire) != THREAD_NO_TIMER)
		return;
	cpu_arm(run->state, slot, tid, tasks_blocked_signals(tid));
	if (atomic_load(&slot->tid) != tid) /* it ended meanwhile, and did not see the timer */
		cpu_disarm(run->state, slot);
}

static bool kernel_time_is_visible(int error)
{
	return error != EACCES && error != EPERM;
}

static struct perf *try_perf(struct engine_run *run, const char **refusal)
{
	/* a filter may kill for a call that it does not know, so it is not even tried */
	if (!tasks_are_unfiltered()) {
		*refusal = "a seccomp filter is in force";
		return NULL;
	}
	size_t count = tasks_list(run->alive, TASKS_MAX);
	uint64_t period = atomic_load_explicit(&run->state->period_ns, memory_order_relaxed);
	struct perf *perf = perf_open(run->state, run->alive, count, period);
	if (perf)
		return perf;
	if (!kernel_time_is_visible(errno))
		*refusal = "kernel.perf_event_paranoid or perf_event_mlock_kb does not allow it";
	else if (errno == E2BIG)
		*refusal = "there are too many CPUs or threads for its rings";
	else
		*refusal = "the kernel refuses the events";
	return NULL;
}

/* The constructor was sure of the last MiB of the first thread's stack only. */
static void widen_main_stack(struct engine_run *run, struct thread *slot, uint32_t tid)
{
	struct rlimit limit;
	(void)run;
	if (tid != (uint32_t)getpid() || !slot->stack_top || getrlimit(RLIMIT_STACK, &limit))
		return;
	uintptr_t size = limit.rlim_cur < STACK_MAX ? limit.rlim_cur : STACK_MAX;
	if (slot->stack_top - size < slot->stack_low)
		slot->stack_low = slot->stack_top - size;
}

struct engine_run *engine_open(struct state *state, struct gather *gather, enum engine wanted,
			       const char **refusal)
{
	*refusal = NULL;
	struct engine_run *run = calloc(1, sizeof(*run));
	if (!run)
		return NULL;
	run->state = state;
	run->gather = gather;
	atomic_store_explicit(&state->checked_reads, tasks_are_unfiltered(), memory_order_relaxed);
	run->is_late = state->sessions++ > 0;
	for_each_slot(run, widen_main_stack);
	run->is_wanted = wanted != ENGINE_NONE;
	if (wanted == ENGINE_PERF)
		run->perf = try_perf(run, refusal);
	/* from here on new threads arm their own timers, or leave it to perf's inheritance */
	atomic_store_explicit(&state->engine, run->perf ? ENGINE_PERF : ENGINE_TIMER,
			      memory_order_release);
	return run;
}

void engine_close(struct engine_run *run)
{
	if (!run)
		return;
	if (!run->is_handed_over)
		engine_sampling(run, false);
	atomic_store_explicit(&run->state->engine, ENGINE_NONE, memory_order_release);
	perf_close(run->perf);
	free(run);
}

void engine_sampling(struct engine_run *run, bool on)
{
	on = on && !run->is_expelled && run->is_wanted;
	run->sampling = on;
	/* before the walk: a thread that begins meanwhile looks at it */
	atomic_store_explicit(&run->state->sampling, on, memory_order_seq_cst);
	if (run->perf) {
		perf_enable(run->perf, on);
		for_each_slot(run, disarm); /* those of the time before the worker */
	} else {
		for_each_slot(run, on ? arm : disarm);
	}
}

static void take(void *context, const struct sample *sample)
{
	gather_record(context, sample);
}

size_t engine_drain(struct engine_run *run)
{
	/* A thread's samples must be taken before the record of its end: those behind limit may
	 * belong to ticks that perf_drain has not seen. */
	uint64_t limit = ring_head(&run->state->ring);
	size_t taken = run->perf ? perf_drain(run->perf, take, run->gather) : 0;
	taken += gather_ring(run->gather, limit);
	ring_rewind(&run->state->ring);
	if (!run->perf && taken)
		ring_populate(&run->state->ring, RING_AHEAD);
	return taken;
}

int engine_drain_ms(const struct engine_run *run)
{
	return run->perf ? perf_drain_ms(run->perf) : TIMER_DRAIN_MS;
}

const char *engine_name(const struct engine_run *run)
{
	return !run->is_wanted ? "none" : run->perf ? "perf" : "timer";
}

/* The slots' threads first, then /proc: a thread in a slot that /proc does not have any more has
 * ended without telling us. */
static void release_ended(struct engine_run *run, size_t alive_count)
{
	uint32_t count = thread_count(&run->state->threads);
	for (uint32_t i = 0; i < count; i++) {
		struct thread *slot = thread_at(&run->state->threads, i);
		uint32_t tid = run->slots[i];
		if (!tid || tid == THREAD_CLAIMED || tasks_contain(run->alive, alive_count, tid))
			continue;
		if (!atomic_compare_exchange_strong(&slot->tid, &tid, THREAD_CLAIMED))
			continue;
		cpu_disarm(run->state, slot);
		thread_release(&run->state->threads, slot);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void adopt(struct engine_run *run, uint32_t tid)
{
	if (run->perf) /* inherited */
		return;
	struct thread *slot = thread_claim(&run->state->threads);
	if (!slot) {
		state_lost(run->state, LOST_THREADS);
		return;
	}
	if (run->is_late)
		gather_skip_time(run->gather, tid, arch_clock_ns(arch_thread_clock(tid)));
	else
		gather_unseen_time(run->gather, tid, arch_clock_ns(arch_thread_clock(tid)));
	atomic_store_explicit(&slot->tid, tid, memory_order_release);
	if (run->sampling)
		arm(run, slot, tid);
}

/* A thread without a slot may be one that pthread_create is just beginning. One that is still
 * without at the next look is not. */
static void adopt_strangers(struct engine_run *run, size_t alive_count, size_t slot_count)
{
	size_t count = 0;
	for (size_t i = 0; i < alive_count; i++) {
		uint32_t tid = run->alive[i];
		if (tasks_contain(run->slots, slot_count, tid))
			continue;
		if (tasks_contain(run->strangers, run->stranger_count, tid))
			adopt(run, tid);
		else
			run->alive[count++] = tid;
	}
	memcpy(run->strangers, run->alive, count * sizeof(*run->alive));
	run->stranger_count = count;
}

/* The program took our signals for itself: its handler must not be called for our ticks. It may
 * give them back. */
static void follow_signals(struct engine_run *run)
{
	bool installed = cpu_is_installed();
	if (run->sampling && !installed) {
		log_line(LOG_WARNING,
			 "the program handles our signals itself: no CPU time is sampled; "
			 "allow perf_event_open to profile it");
		engine_sampling(run, false);
		run->is_expelled = true;
	} else if (run->is_expelled && installed) {
		run->is_expelled = false;
		engine_sampling(run, true);
	} else if (run->sampling && atomic_exchange(&run->state->unarmed, 0)) {
		for_each_slot(run, arm);
	}
}

void engine_look(struct engine_run *run)
{
	switch (tasks_compare_privileges()) {
	case TASKS_ALIKE:
		break;
	case TASKS_OTHER_PRIVILEGES:
		run->end = ENGINE_STRANGER;
		break;
	case TASKS_OTHER_SANDBOX:
		run->end = ENGINE_SHUT_OUT;
		break;
	}
}

static void follow(struct engine_run *run)
{
	if (!run->perf)
		follow_signals(run);
	uint32_t slot_count = thread_count(&run->state->threads);
	for (uint32_t i = 0; i < slot_count; i++)
		run->slots[i] = atomic_load_explicit(&thread_at(&run->state->threads, i)->tid,
						     memory_order_acquire);
	size_t alive_count = tasks_list(run->alive, TASKS_MAX);
	if (!alive_count || alive_count == TASKS_MAX)
		return;
	if (alive_count == 1 && tasks_is_dead(run->alive[0]))
		run->end = ENGINE_ALONE;
	else if (++run->looks % PRIVILEGE_LOOKS == 0)
		engine_look(run);
	release_ended(run, alive_count);
	thread_rewind(&run->state->threads);
	qsort(run->slots, slot_count, sizeof(*run->slots), by_number);
	adopt_strangers(run, alive_count, slot_count);
}

void engine_follow(struct engine_run *run, uint64_t now)
{
	uint64_t least = run->follow_cost_ns * FOLLOW_SHARE;
	if (now - run->followed_ns < (FOLLOW_NS > least ? FOLLOW_NS : least))
		return;
	run->followed_ns = now;
	follow(run);
	/* the cheaper of the last two: one may have been interrupted, the first takes page faults
	 */
	uint64_t cost = arch_clock_ns(CLOCK_MONOTONIC) - now;
	run->follow_cost_ns = cost < run->last_cost_ns ? cost : run->last_cost_ns;
	run->last_cost_ns = cost;
}

enum engine_end engine_end(const struct engine_run *run)
{
	return run->end;
}

void engine_hand_over(struct engine_run *run)
{
	engine_sampling(run, false);
	perf_close(run->perf);
	run->perf = NULL;
	atomic_store_explicit(&run->state->engine, ENGINE_NONE, memory_order_release);
	engine_sampling(run, true);
	run->is_handed_over = true;
}
