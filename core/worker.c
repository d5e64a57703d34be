/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c -- the loop: drain, follow, end of a period, deliver, sleep.
 *
 * The worker runs one configuration after another: conprof_start tells it to begin anew.
 */
#include "core/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/arch.h"
#include "core/cpu.h"
#include "core/delivery.h"
#include "core/engine.h"
#include "core/gather.h"
#include "core/log.h"
#include "core/profiler.h"
#include "core/tasks.h"
#include "core/upload.h"

enum {
	IDLE_AFTER_MS = 2000, /* without a record the worker sleeps longer */
	IDLE_SLEEP_MS = 500,
	SENDING_SLEEP_MS = 20, /* so that an exit is noticed while sockets are busy */
	FIGURES_A_PERIOD = 4,
	FIGURES_SHARE = 1000, /* asking the allocator costs at most one part in so many */
};

struct worker {
	struct state *state;
	struct config *config;
	struct gather *gather;
	struct engine_run *engine;
	struct delivery *delivery;
	char runtime_id[UPLOAD_ID_SIZE];
	uint64_t seq;
	uint64_t period_start_ns;  /* CLOCK_MONOTONIC */
	uint64_t covered_since_ns; /* by the profiles of the period; differs in the first one */
	uint64_t covered_since_real_ns;
	uint64_t sampling_from_ns; /* when sampling is to begin within the period */
	uint64_t sampled_since_ns; /* when it did; 0: it is off */
	uint64_t sampled_since_real_ns;
	uint64_t process_cpu_ns; /* at that time */
	uint64_t worker_cpu_ns;
	uint64_t last_record_ns;
	uint64_t dropped_uploads; /* by deliveries before the present one */
	uint64_t figures_ns;	  /* when the allocator was last asked */
};

/* What a worker that had to leave left for the next; a child of fork finds NULL. */
static struct {
	struct worker *kept;
} self;

static uint64_t ms_to_ns(uint64_t ms)
{
	return ms * 1000000;
}

/* Our table is a copy of the host's. Not one of its descriptors may stay open in it, or a peer of
 * the host never sees the end of its pipe. */
static void close_descriptors(void)
{
	if (!arch_syscall(SYS_close_range, 0, UINT32_MAX, 0, 0, 0))
		return;
	struct rlimit limit; /* before Linux 5.9 */
	long count = getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > 65536
			     ? 65536
			     : (long)limit.rlim_cur;
	for (long fd = 0; fd < count; fd++)
		arch_syscall(SYS_close, fd, 0, 0, 0, 0);
}

/* Our own share of the processor: ordinary and polite, whatever thread we were born in, and however
 * that one rounds. */
static void settle_down(void)
{
	arch_reset_floating_point();
	static const struct {
		int priority;
	} ordinary = {0};
	arch_syscall(SYS_sched_setscheduler, 0, 0 /* SCHED_OTHER */, (long)&ordinary, 0, 0);
	arch_syscall(SYS_prctl, PR_SET_NAME, (long)"conprof", 0, 0, 0);
}

static void read_clocks(struct worker *worker, uint64_t now)
{
	worker->sampled_since_ns = now;
	worker->sampled_since_real_ns = arch_clock_ns(CLOCK_REALTIME);
	worker->process_cpu_ns = arch_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	worker->worker_cpu_ns = arch_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void start_sampling(struct worker *worker, uint64_t now)
{
	read_clocks(worker, now);
	engine_sampling(worker->engine, true);
}

/* The CPU duration is spent at the end of each period. */
static void begin_period(struct worker *worker, uint64_t now)
{
	const struct config *config = worker->config;
	bool samples_cpu = config->types & CONFIG_TYPE_CPU;
	uint64_t pause = samples_cpu ? ms_to_ns(config->period_ms - config->cpu_duration_ms) : 0;
	worker->period_start_ns = now;
	worker->covered_since_ns = now;
	worker->covered_since_real_ns = arch_clock_ns(CLOCK_REALTIME);
	worker->sampling_from_ns = now + pause;
	if (pause && worker->sampled_since_ns) {
		engine_sampling(worker->engine, false);
		worker->sampled_since_ns = 0;
	} else if (!pause && !worker->sampled_since_ns) {
		start_sampling(worker, now);
	}
}

static uint64_t dropped_uploads(const struct delivery_stats *stats)
{
	return stats->dropped_full + stats->dropped_refused + stats->dropped_memory +
	       stats->dropped_spool;
}

static bool samples_heap(const struct worker *worker)
{
	return worker->config->types & CONFIG_TYPE_HEAP;
}

static void log_period(const struct worker *worker, uint64_t ended_ns, const struct parcel *parcel)
{
	char line[128];
	if (!log_wants(LOG_DEBUG))
		return;
	snprintf(line, sizeof(line), "period %llu: %zu bytes, written in %llu us",
		 (unsigned long long)worker->seq, parcel ? parcel_size(parcel) : 0,
		 (unsigned long long)(arch_clock_ns(CLOCK_MONOTONIC) - ended_ns) / 1000);
	log_line(LOG_DEBUG, line);
}

static void end_period(struct worker *worker, uint64_t now)
{
	if (!worker->sampled_since_ns && !samples_heap(worker))
		return;
	gather_settle(worker->gather);
	struct upload_period period = {
		.config = worker->config,
		.state = worker->state,
		.gather = worker->gather,
		.engine = engine_name(worker->engine),
		.runtime_id = worker->runtime_id,
		.start_ns = worker->covered_since_real_ns,
		.length_ns = now - worker->covered_since_ns,
		.cpu_start_ns = worker->sampled_since_real_ns,
		.cpu_length_ns =
			now > worker->sampled_since_ns ? now - worker->sampled_since_ns : 0,
		.process_cpu_ns = arch_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - worker->process_cpu_ns,
		.worker_cpu_ns = arch_clock_ns(CLOCK_THREAD_CPUTIME_ID) - worker->worker_cpu_ns,
		.seq = worker->seq,
		.dropped_uploads =
			worker->dropped_uploads + dropped_uploads(delivery_stats(worker->delivery)),
	};
	if (worker->sampled_since_ns)
		read_clocks(worker, now); /* what the encoding costs belongs to the next period */
	bool had_samples = profile_total(gather_profile(worker->gather), CPU_NS) > 0 ||
			   profile_total(gather_heap(worker->gather), HEAP_LIVE_BLOCKS) > 0;
	struct parcel *parcel = upload_parcel(&period);
	log_period(worker, now, parcel);
	gather_next_period(worker->gather);
	if (!parcel) {
		if (had_samples)
			state_lost(worker->state, LOST_MEMORY);
		return;
	}
	worker->seq++;
	delivery_add(worker->delivery, parcel);
}

static enum engine wanted_engine(const struct config *config)
{
	if (!(config->types & CONFIG_TYPE_CPU))
		return ENGINE_NONE;
	return config->engine == CONFIG_ENGINE_TIMER ? ENGINE_TIMER : ENGINE_PERF;
}

static bool open_worker(struct worker *worker)
{
	const char *refusal;
	char line[256];
	if (worker->gather)
		gather_resume(worker->gather);
	else
		worker->gather = gather_create(worker->state);
	worker->delivery = upload_open_delivery(worker->config);
	if (!worker->gather || !worker->delivery)
		return false;
	worker->engine =
		engine_open(worker->state, worker->gather, wanted_engine(worker->config), &refusal);
	if (!worker->engine)
		return false;
	if (!worker->runtime_id[0])
		upload_make_id(worker->runtime_id);
	if (samples_heap(worker))
		log_line(LOG_INFO, "sampling allocations");
	if (wanted_engine(worker->config) == ENGINE_NONE)
		return true;
	snprintf(line, sizeof(line), "sampling CPU time at %u Hz by engine %s%s%s%s",
		 worker->config->cpu_rate, engine_name(worker->engine),
		 refusal ? " (no perf: " : "", refusal ? refusal : "", refusal ? ")" : "");
	bool unexpected = refusal && worker->config->engine == CONFIG_ENGINE_PERF;
	log_line(unexpected ? LOG_WARNING : LOG_INFO, line);
	return true;
}

/* What is in the ring came before the worker: it belongs to the first period. */
static void begin_life(struct worker *worker)
{
	struct state *state = worker->state;
	uint64_t now = arch_clock_ns(CLOCK_MONOTONIC);
	if (worker->period_start_ns) { /* another worker's, and not over yet */
		engine_sampling(worker->engine, worker->sampled_since_ns);
		return;
	}
	begin_period(worker, now);
	worker->last_record_ns = now;
	uint64_t began =
		atomic_exchange_explicit(&state->began_ns, UINT64_MAX, memory_order_relaxed);
	if (!began || began > now || !worker->sampled_since_ns)
		return;
	worker->sampled_since_ns = worker->covered_since_ns = began;
	worker->sampled_since_real_ns -= now - began;
	worker->covered_since_real_ns -= now - began;
	worker->process_cpu_ns = 0;
	worker->worker_cpu_ns = 0;
}

static void publish_backend_state(struct worker *worker, uint64_t failed_before)
{
	const struct delivery_stats *stats = delivery_stats(worker->delivery);
	if (stats->failed_attempts != failed_before && !worker->config->spool[0])
		atomic_store_explicit(&worker->state->backend_down, 1, memory_order_relaxed);
	else if (stats->sent)
		atomic_store_explicit(&worker->state->backend_down, 0, memory_order_relaxed);
}

/* The allocator is asked a few times in a period, and more rarely when that takes it long. */
static void look_at_heap(struct worker *worker, uint64_t now)
{
	struct state *state = worker->state;
	const struct config *config = worker->config;
	if (!samples_heap(worker))
		return;
	gather_pace_heap(worker->gather, (uint32_t)config->heap_interval, now);
	uint64_t cost = atomic_load_explicit(&state->figures_cost_ns, memory_order_relaxed);
	uint64_t since = now - worker->figures_ns;
	if (since < ms_to_ns(config->period_ms) / FIGURES_A_PERIOD || since < cost * FIGURES_SHARE)
		return;
	worker->figures_ns = now;
	atomic_store(&state->wants_figures, 1);
}

/* One round; returns how long the worker may sleep after it, in milliseconds. */
static uint32_t work(struct worker *worker)
{
	uint64_t now = arch_clock_ns(CLOCK_MONOTONIC);
	uint64_t failed = delivery_stats(worker->delivery)->failed_attempts;
	if (engine_drain(worker->engine))
		worker->last_record_ns = now;
	engine_follow(worker->engine, now);
	look_at_heap(worker, now);
	if (!worker->sampled_since_ns && now >= worker->sampling_from_ns) {
		gather_forget_ticks(worker->gather); /* stray ones of the pause */
		start_sampling(worker, now);
	}
	if (now - worker->period_start_ns >= ms_to_ns(worker->config->period_ms)) {
		end_period(worker, now);
		begin_period(worker, now);
	}
	uint32_t sleep_ms = delivery_run(worker->delivery, now / 1000000);
	publish_backend_state(worker, failed);
	uint32_t most = now - worker->last_record_ns > ms_to_ns(IDLE_AFTER_MS)
				? IDLE_SLEEP_MS
				: (uint32_t)engine_drain_ms(worker->engine);
	return sleep_ms < most ? sleep_ms : most;
}

static void rest(struct worker *worker, uint32_t ms)
{
	if (delivery_is_busy(worker->delivery)) {
		delivery_wait(worker->delivery, ms < SENDING_SLEEP_MS ? ms : SENDING_SLEEP_MS, -1);
		return;
	}
	uint32_t command = atomic_load_explicit(&worker->state->command, memory_order_acquire);
	if (!command)
		state_wait(&worker->state->command, 0, (int)ms);
}

/* Whoever asked for it waits for the answer, or for our end. */
static void look(struct worker *worker)
{
	struct state *state = worker->state;
	engine_look(worker->engine);
	if (engine_end(worker->engine))
		return;
	atomic_fetch_add(&state->looked, 1);
	state_wake(&state->worker_tid);
}

/* The sandbox came by a way that we did not see. Nobody may be born into it. */
static uint32_t shut_out(struct worker *worker)
{
	log_line(LOG_INFO, "the program has entered a sandbox: it is profiled no further");
	atomic_fetch_add(&worker->state->away, 1);
	return COMMAND_EXIT | COMMAND_CLOSE;
}

/* Some programs change their user for every request: not for each of them is a worker born. */
static void delay_next(struct state *state)
{
	uint64_t ms = UINT64_C(1) << (state->strangers < 10 ? state->strangers++ : 10);
	atomic_store(&state->born_after_ns, arch_clock_ns(CLOCK_MONOTONIC) + ms_to_ns(ms));
}

/* Samples until it is told to leave; returns what it was told. */
static uint32_t live(struct worker *worker)
{
	for (;;) {
		/* taken before the work, so that a command that comes meanwhile is seen after it */
		uint32_t command = atomic_fetch_and_explicit(
			&worker->state->command, ~(uint32_t)(COMMAND_DRAIN | COMMAND_LOOK),
			memory_order_acquire);
		if (command & (COMMAND_STOP | COMMAND_EXIT | COMMAND_RESTART | COMMAND_LEAVE))
			return command;
		if (command & COMMAND_LOOK)
			look(worker);
		uint32_t sleep_ms = engine_end(worker->engine) ? 0 : work(worker);
		switch (engine_end(worker->engine)) {
		case ENGINE_GOES_ON:
			rest(worker, sleep_ms);
			break;
		case ENGINE_ALONE:
			return COMMAND_EXIT | COMMAND_LAST;
		case ENGINE_STRANGER:
			delay_next(worker->state);
			return COMMAND_LEAVE;
		case ENGINE_SHUT_OUT:
			return shut_out(worker);
		}
	}
}

static void announce_finished(struct state *state)
{
	atomic_store_explicit(&state->finished, 1, memory_order_release);
	state_wake(&state->finished);
}

/* Whoever stops us waits until there are no more ticks; whoever ends the process, until what there
 * is has been sent, and the time for that is his. */
static void last_period(struct worker *worker, uint32_t command)
{
	uint64_t now = arch_clock_ns(CLOCK_MONOTONIC);
	engine_drain(worker->engine);
	engine_sampling(worker->engine, false);
	engine_drain(worker->engine);
	if (!(command & COMMAND_EXIT))
		announce_finished(worker->state);
	end_period(worker, now);
	uint32_t budget =
		command & COMMAND_EXIT ? DELIVERY_EXIT_MS : worker->config->upload_timeout_ms;
	delivery_finish(worker->delivery, now / 1000000, budget);
	if (command & COMMAND_EXIT)
		announce_finished(worker->state);
}

static void destroy(struct worker *worker)
{
	if (!worker)
		return;
	gather_destroy(worker->gather);
	free(worker->config);
	free(worker);
}

static struct worker *create(struct state *state)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	if (worker)
		worker->config = malloc(sizeof(*worker->config));
	if (!worker || !worker->config) {
		destroy(worker);
		return NULL;
	}
	worker->state = state;
	profiler_copy_config(worker->config);
	return worker;
}

/* What the last worker left. If the program wants to begin anew it is told so at once, and sends
 * what there is. */
static struct worker *take_over(struct state *state)
{
	struct worker *kept = self.kept;
	self.kept = NULL;
	if (kept)
		return kept;
	atomic_fetch_and_explicit(&state->command, ~(uint32_t)COMMAND_RESTART,
				  memory_order_acquire);
	return create(state);
}

/* Whoever sends us away waits for it: nothing is named, written or sent any more. */
static void leave_to_next(struct worker *worker)
{
	engine_drain(worker->engine);
	engine_hand_over(worker->engine);
	delivery_finish(worker->delivery, arch_clock_ns(CLOCK_MONOTONIC) / 1000000, 0);
	worker->dropped_uploads += dropped_uploads(delivery_stats(worker->delivery)) +
				   delivery_stats(worker->delivery)->dropped_exit;
	gather_suspend(worker->gather);
	self.kept = worker;
}

/* The next worker would find no more room than this one. */
static void give_up(struct state *state)
{
	log_line(LOG_WARNING, "no memory to profile this process");
	atomic_fetch_add(&state->away, 1);
	atomic_store(&state->sampling, 0);
	cpu_disarm_all(state);
}

/* From one configuration to the next. Returns what the worker was told. */
static uint32_t run(struct state *state)
{
	uint32_t command = COMMAND_STOP;
	struct worker *worker = take_over(state);
	if (!worker)
		return command;
	bool is_open = open_worker(worker);
	if (is_open) {
		begin_life(worker);
		command = live(worker);
	} else {
		give_up(state);
	}
	if (is_open && command & COMMAND_LEAVE && !(command & COMMAND_EXIT))
		leave_to_next(worker);
	else if (is_open)
		last_period(worker, command);
	engine_close(worker->engine);
	delivery_destroy(worker->delivery);
	worker->engine = NULL;
	worker->delivery = NULL;
	tasks_close();
	if (self.kept != worker)
		destroy(worker);
	return command;
}

void worker_main(void *context)
{
	struct state *state = context;
	atomic_store_explicit(&state->process, (uint32_t)getpid(), memory_order_relaxed);
	settle_down();
	close_descriptors();
	/* What was meant for the last worker. Whoever stops sampling says so before he tells us;
	 * whoever changed the process since our birth has told us alone. */
	atomic_fetch_and(&state->command,
			 COMMAND_EXIT | COMMAND_LOOK | (self.kept ? COMMAND_RESTART : 0));
	bool again = atomic_load(&state->wanted);
	while (again) {
		uint32_t command = run(state);
		if (command & COMMAND_LAST) /* the last thread's status is the process's */
			arch_syscall(SYS_exit, tasks_exit_status((uint32_t)getpid()), 0, 0, 0, 0);
		if (command & COMMAND_CLOSE)
			state_close();
		if (command & (COMMAND_EXIT | COMMAND_LEAVE))
			break;
		uint32_t told = atomic_fetch_and(&state->command, ~(uint32_t)COMMAND_STOP);
		again = told & COMMAND_RESTART ||
			(command & COMMAND_RESTART && !(told & COMMAND_STOP));
	}
	/* pairs with birth_worker; the kernel then zeroes worker_tid when this stack is free */
	atomic_store_explicit(&state->worker, WORKER_NONE, memory_order_release);
	announce_finished(state);
}
