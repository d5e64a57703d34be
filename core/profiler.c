/* SPDX-License-Identifier: Apache-2.0 */
/* profiler.c -- what the application's threads do for the profile, outside of ticks.
 *
 * The configuration is written by the constructor and by conprof_start, and copied by the worker
 * when it begins. self.busy guards it: conprof_start gives up when it is taken, the worker tries
 * again; nothing is ever called with it held but plain copying and parsing.
 */
#include "core/profiler.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"
#include "core/birth.h"
#include "core/cpu.h"
#include "core/filter.h"
#include "core/heap.h"
#include "core/log.h"
#include "core/state.h"

enum {
	EXIT_WAIT_MS = 40,     /* what the end of a program may cost */
	STOP_WAIT_MS = 100,    /* what conprof_stop waits for the worker to stop sampling */
	RESTART_WAIT_MS = 100, /* what conprof_start waits for the last worker's thread to go */
	STACK_SURE = 1 << 20,
};

enum api_state { API_UNUSED, API_STARTED, API_STOPPED };

static struct {
	bool awaits_clone; /* the filter is tried when the program has made a thread or child */
	_Atomic bool is_clone_seen;
	bool is_kept_out; /* by that filter */
	bool enabled;	  /* set once by profiler_begin, then constant */
	_Atomic int api;
	_Atomic bool busy;
	struct config config;
	uintptr_t main_stack_top;
	uintptr_t main_stack_low;
} self;

static bool take_config(void)
{
	return !atomic_exchange_explicit(&self.busy, true, memory_order_acquire);
}

static void give_config(void)
{
	atomic_store_explicit(&self.busy, false, memory_order_release);
}

static const char *executable_name(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *name = path ? path : "unknown";
	for (const char *c = name; *c; c++)
		if (*c == '/' && c[1])
			name = c + 1;
	return name;
}

static void warn(void *context, const char *text)
{
	(void)context;
	log_line(LOG_ERROR, text);
}

/* The kernel put the environment's pointers above every frame of the first thread. Below them is
 * stack for what RLIMIT_STACK allows and then a gap (vm.stack_guard_gap, 1 MiB), so that the last
 * MiB needs no look at the limit; the worker looks. */
static void measure_main_stack(char **environment)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t top = (uintptr_t)environment;
	if (top < here ||
	    top - here > STACK_SURE) /* a constructor before us has moved environment */
		return;
	self.main_stack_top = top;
	self.main_stack_low = top - STACK_SURE;
}

/* The calling thread, of which nothing is known but where it stands. */
static void follow_this_thread(struct state *state)
{
	uint32_t tid = arch_thread_id();
	struct thread *slot = thread_find(&state->threads, tid);
	if (slot) {
		if (state_is_sampling(state))
			cpu_arm_self(state, slot, tid);
		return;
	}
	slot = thread_claim(&state->threads);
	if (!slot) {
		state_lost(state, LOST_THREADS);
		return;
	}
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	if (here >= self.main_stack_low && here < self.main_stack_top) {
		slot->stack_low = self.main_stack_low;
		slot->stack_top = self.main_stack_top;
		heap_know_stack(slot->stack_low, slot->stack_top);
	}
	atomic_store_explicit(&slot->tid, tid, memory_order_release);
	if (state_is_sampling(state))
		cpu_arm_self(state, slot, tid);
}

/* Says so once instead of leaving the user to wait for profiles that do not come. */
static bool wants_anything(const struct config *config)
{
	const unsigned known = CONFIG_TYPE_CPU | CONFIG_TYPE_HEAP;
	if (config->types & ~known)
		log_line(LOG_WARNING, "this version profiles cpu and heap only; CONPROF_TYPES asks "
				      "for more");
	return config->types & known;
}

static void sample_heap(struct state *state)
{
	if (!(self.config.types & CONFIG_TYPE_HEAP))
		atomic_store(&state->heap_interval, 0);
	else if (!heap_open(state, (uint32_t)self.config.heap_interval))
		log_line(LOG_WARNING, "no memory to sample allocations");
}

/* The configuration is in force from here on. */
static void want_types(struct state *state)
{
	bool samples_cpu = self.config.types & CONFIG_TYPE_CPU &&
			   (!cpu_install(0) || !cpu_install(CPU_SIGNALS - 1));
	atomic_store(&state->period_ns, UINT64_C(1000000000) / self.config.cpu_rate);
	atomic_store(&state->wanted, self.config.types);
	atomic_store(&state->sampling, samples_cpu);
	sample_heap(state);
}

static void begin_sampling(void)
{
	struct state *state = state_open();
	want_types(state);
	follow_this_thread(state);
}

/* A program that is killed for a call of ours is worse off than one without a profile. */
static void begin_under_filter(void)
{
	self.is_kept_out = !filter_lets_pass();
	if (!self.is_kept_out)
		begin_sampling();
	else
		log_line(LOG_WARNING, "the seccomp filter of this program kills for calls of the "
				      "profiler: it is not profiled");
}

void profiler_clone_seen(void)
{
	if (self.awaits_clone && !atomic_exchange(&self.is_clone_seen, true)) {
		begin_under_filter();
		self.awaits_clone = false;
	}
}

/* A filter may kill even for the clone of the child that would try it: then the program goes first.
 */
static void begin_carefully(char **environment)
{
	if (!filter_is_there()) {
		begin_sampling();
		return;
	}
	log_may_borrow(false);
	self.awaits_clone = !filter_is_of_container(environment);
	if (!self.awaits_clone)
		begin_under_filter();
}

bool profiler_begin(char **environment, disposition_setter *sigaction)
{
	/* what a user may not do to a set-uid program, its environment may not do either */
	if (self.enabled || getauxval(AT_SECURE) || arch_is_emulated())
		return self.enabled;
	const char *name = executable_name();
	config_defaults(&self.config, name);
	config_from_environment(&self.config, environment, NULL, NULL);
	if (self.config.disabled || !config_covers(&self.config, name))
		return false;
	/* once more, now that it is known where warnings go and that this program gets any */
	log_open(self.config.log_file, (int)self.config.log_level);
	config_from_environment(&self.config, environment, warn, NULL);
	if (!wants_anything(&self.config))
		return false;
	self.enabled = true;
	birth_prepare();
	cpu_prepare(sigaction);
	measure_main_stack(environment);
	begin_carefully(environment);
	return true;
}

bool profiler_samples_heap(void)
{
	struct state *state = state_get();
	return state && atomic_load(&state->heap_interval);
}

void profiler_before_fork(void)
{
	struct state *state = state_get();
	if (state)
		state_protect(state);
}

void profiler_begin_child(void)
{
	/* whoever held it at the fork does not exist here */
	give_config();
	state_forget_parent();
	heap_begin_child();
	if (!self.enabled || atomic_load(&self.api) == API_STOPPED || state_is_closed())
		return;
	if (self.awaits_clone)
		profiler_clone_seen();
	else if (!self.is_kept_out)
		begin_sampling();
}

static void tell_worker(struct state *state, enum command command)
{
	atomic_fetch_or_explicit(&state->command, command, memory_order_release);
	state_wake(&state->command);
}

/* Once, because a wake-up that is not ours costs no more than the rest of the wait. */
static void wait_until_finished(struct state *state, int ms)
{
	if (!atomic_load_explicit(&state->finished, memory_order_acquire))
		state_wait(&state->finished, 0, ms);
}

void profiler_end(void)
{
	struct state *state = state_get();
	if (!state || atomic_load(&state->worker) != WORKER_ALIVE || !state_of_process())
		return;
	atomic_store(&state->finished, 0);
	tell_worker(state, COMMAND_EXIT);
	if (!atomic_load(&state->backend_down))
		wait_until_finished(state, EXIT_WAIT_MS);
}

void profiler_copy_config(struct config *config)
{
	while (!take_config())
		arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0);
	arch_copy(config, &self.config, sizeof(*config));
	give_config();
}

/* The worker begins anew with what is configured now: the one that lives, or a new one. */
static void restart_worker(struct state *state)
{
	tell_worker(state, COMMAND_RESTART);
	if (birth_worker(state) || atomic_load(&state->worker) == WORKER_ALIVE)
		return;
	uint32_t leaving = atomic_load(&state->worker_tid);
	if (leaving)
		state_wait(&state->worker_tid, leaving, RESTART_WAIT_MS);
	birth_worker(state);
}

int profiler_start(const struct conprof_options *options)
{
	if (!self.enabled || self.awaits_clone || self.is_kept_out)
		return -EPERM;
	if (state_is_closed())
		return -EBUSY;
	struct state *state = state_open();
	if (atomic_load(&state->away) || !take_config())
		return -EBUSY;
	int error = atomic_load(&self.api) == API_STARTED ? -EALREADY : 0;
	if (!error) {
		error = config_from_options(&self.config, options, warn, NULL);
		log_open(self.config.log_file, (int)self.config.log_level);
	}
	if (!error)
		atomic_store(&self.api, API_STARTED);
	give_config();
	if (error)
		return error;
	/* the worker arms them again, with the new period */
	atomic_store(&state->sampling, 0);
	cpu_disarm_all(state);
	want_types(state);
	restart_worker(state);
	return 0;
}

void profiler_stop(void)
{
	struct state *state = state_get();
	if (!self.enabled || !state || !take_config())
		return;
	atomic_store(&self.api, API_STOPPED);
	give_config();
	/* first, so that a thread that begins meanwhile does not arm itself */
	atomic_store(&state->wanted, 0);
	atomic_store(&state->sampling, 0);
	atomic_store(&state->heap_interval, 0);
	cpu_disarm_all(state);
	atomic_store(&state->finished, 0);
	if (atomic_load(&state->worker) != WORKER_ALIVE)
		return;
	atomic_fetch_and(&state->command, ~(uint32_t)COMMAND_RESTART); /* the last word counts */
	tell_worker(state, COMMAND_STOP);
	wait_until_finished(state, STOP_WAIT_MS);
}

/* In a child of a bare fork system call it may be what the parent has left. */
static bool is_own(struct state *state)
{
	if (atomic_load_explicit(&state->is_protected, memory_order_relaxed))
		return true;
	if (!thread_find(&state->threads, arch_thread_id())) {
		state_forget_parent();
		return false;
	}
	state_protect(state);
	return true;
}

struct thread *profiler_thread_new(void *(*routine)(void *), void *argument, size_t stack_size)
{
	if (self.awaits_clone) /* the state is not there yet, and nobody else's */
		state_protect(state_open());
	struct state *state = state_get();
	if (!state || !is_own(state))
		return NULL;
	struct thread *slot = thread_claim(&state->threads);
	if (!slot) {
		state_lost(state, LOST_THREADS);
		return NULL;
	}
	slot->routine = routine;
	slot->argument = argument;
	slot->stack_low = stack_size; /* until profiler_thread_begin knows where the stack is */
	return slot;
}

void profiler_thread_refused(struct thread *slot)
{
	struct state *state = state_get();
	if (state)
		thread_release(&state->threads, slot);
}

/* The top of the stack is not known exactly, but the rest of the page is there. The low end may be
 * taken for higher than it is, never for lower. */
static void measure_stack(struct thread *slot, uintptr_t frame)
{
	size_t size = slot->stack_low;
	uintptr_t top = (frame | 4095) + 1;
	if (size < 8192) {
		slot->stack_low = 0;
		return;
	}
	slot->stack_low = top - size + 8192;
	slot->stack_top = top;
}

void profiler_thread_begin(struct thread *slot, void *frame)
{
	struct state *state = state_get();
	if (!state)
		return;
	measure_stack(slot, (uintptr_t)frame);
	heap_know_stack(slot->stack_low, slot->stack_top);
	uint32_t tid = arch_thread_id();
	atomic_store_explicit(&slot->tid, tid, memory_order_release);
	profiler_clone_seen(); /* this thread has its slot already */
	/* after the store, as engine_sampling walks the slots after it changed its mind */
	bool by_timer = atomic_load_explicit(&state->engine, memory_order_seq_cst) != ENGINE_PERF;
	if (by_timer && state_is_sampling(state))
		cpu_arm_self(state, slot, tid);
}

static void record_end(struct state *state, const struct thread *slot, uint32_t tid)
{
	struct sample *sample =
		ring_reserve(&state->ring, offsetof(struct sample, name) + SAMPLE_NAME_SIZE);
	if (!sample) {
		state_lost(state, LOST_FULL);
		return;
	}
	sample->kind = SAMPLE_THREAD_END;
	sample->tid = tid;
	sample->weight = arch_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	sample->regs[REGISTER_RIP] = (uint64_t)(uintptr_t)slot->routine;
	arch_syscall(SYS_prctl, PR_GET_NAME, (long)sample->name, 0, 0, 0);
	ring_commit(sample);
}

void profiler_thread_end(struct thread *slot)
{
	struct state *state = state_get();
	if (!state)
		return;
	uint32_t tid = arch_thread_id();
	/* in a child of fork the slot is wiped or another thread's */
	if (atomic_load_explicit(&slot->tid, memory_order_acquire) != tid)
		return;
	/* from here on the worker leaves the slot alone */
	if (!atomic_compare_exchange_strong(&slot->tid, &tid, THREAD_CLAIMED))
		return;
	cpu_disarm(state, slot);
	if (atomic_load(&state->sampling))
		record_end(state, slot, tid);
	thread_release(&state->threads, slot);
}
