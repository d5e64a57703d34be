/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c -- the tick: a record of the interrupted code, and now and then a worker to read it. */
#include "core/cpu.h"

#include <assert.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"
#include "core/birth.h"
#include "core/capture.h"

enum {
	TIMERS_SURE = 4,       /* threads that get a timer without a look at the limit */
	TIMERS_SHARE = 8,      /* what part of the limit the rest may use */
	TICK_NS = 1000 * 1000, /* in which one on another CPU has come and gone */
};

/* Both are ignored by default. The second is for threads that block the first. */
const int cpu_signals[CPU_SIGNALS] = {SIGURG, SIGWINCH};

static struct {
	int (*sigaction)(int, const struct sigaction *, struct sigaction *);
	_Atomic bool has_begun; /* the first handler was installed, or refused */
	_Atomic bool installed[CPU_SIGNALS];
	struct sigaction believed[CPU_SIGNALS];
} self;

/* As the kernel has it; C libraries disagree on the name of the last member. */
struct timer_event {
	int64_t value;
	int32_t signo;
	int32_t notify;
	int32_t tid;
	int32_t padding[11];
};

static_assert(sizeof(struct timer_event) == 64, "the kernel's struct sigevent");

static void record(struct state *state, const struct thread *slot, const ucontext_t *interrupted,
		   uint64_t weight_ns, uint32_t tid)
{
	const stack_t *alternate = &interrupted->uc_stack;
	struct capture_stack stacks[2] = {{0}};
	if (!(alternate->ss_flags & SS_DISABLE))
		stacks[0] = (struct capture_stack){(uintptr_t)alternate->ss_sp,
						   (uintptr_t)alternate->ss_sp + alternate->ss_size,
						   true};
	if (slot)
		stacks[1] = (struct capture_stack){slot->stack_low, slot->stack_top, false};
	uint64_t regs[REGISTER_COUNT];
	arch_registers(interrupted, regs);
	struct sample *sample = capture(state, SAMPLE_CPU, regs, stacks, 2);
	if (!sample)
		return;
	sample->tid = tid;
	sample->weight = weight_ns;
	ring_commit(sample);
}

/* Where no thread can be made nobody will ever read a record: no more ticks either. */
static void make_worker(struct state *state)
{
	birth_worker(state);
	if (atomic_load_explicit(&state->worker, memory_order_relaxed) != WORKER_REFUSED)
		return;
	atomic_store(&state->sampling, 0);
	cpu_disarm_all(state);
}

static void tick(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	struct state *state = state_get();
	if (!state || info->si_code != SI_TIMER || !state_is_sampling(state))
		return;
	if (!atomic_load_explicit(&state->is_protected, memory_order_relaxed))
		state_protect(state);
	uint32_t tid = arch_thread_id();
	struct thread *slot = thread_at(&state->threads, (uint32_t)info->si_value.sival_int);
	if (slot && atomic_load_explicit(&slot->tid, memory_order_acquire) != tid)
		slot = NULL; /* a tick that outlived the thread of its slot */
	uint64_t weight_ns = atomic_load_explicit(&state->period_ns, memory_order_relaxed) *
			     (1 + (uint64_t)(unsigned)info->si_overrun);
	record(state, slot, context, weight_ns, tid);
	uint64_t ticked = weight_ns + atomic_fetch_add_explicit(&state->ticked_ns, weight_ns,
								memory_order_relaxed);
	if (ticked >= BIRTH_CPU_NS)
		make_worker(state);
	state_wake_when_half_full(state);
}

void cpu_prepare(int (*sigaction)(int, const struct sigaction *, struct sigaction *))
{
	self.sigaction = sigaction;
}

static struct sigaction handler_of_ticks(void)
{
	struct sigaction action;
	arch_zero(&action, sizeof(action));
	action.sa_sigaction = tick;
	action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
	/* all blocked in the handler, so that no handler of the host jumps out of it */
	for (size_t i = 0; i < sizeof(action.sa_mask); i++)
		((uint8_t *)&action.sa_mask)[i] = 0xff;
	return action;
}

static uintptr_t installed_handler(int signal)
{
	struct {
		uintptr_t handler;
		unsigned long flags;
		uintptr_t restorer;
		uint64_t mask;
	} installed = {0};
	arch_syscall(SYS_rt_sigaction, signal, 0, (long)&installed, 8, 0);
	return installed.handler;
}

/* Looked at before, or a handler of the program would be away for a moment. The constructor, before
 * which hardly anybody has one, may not cost so many system calls. */
static bool is_taken(int which)
{
	return atomic_exchange(&self.has_begun, true) && installed_handler(cpu_signals[which]);
}

int cpu_install(int which)
{
	struct sigaction action = handler_of_ticks(), before;
	if (cpu_has_installed(which))
		return 0;
	if (!self.sigaction || is_taken(which) ||
	    self.sigaction(cpu_signals[which], &action, &before))
		return -EBUSY;
	/* nor in the place of SIG_IGN, which an exec would turn into the default */
	if (before.sa_sigaction != tick && before.sa_handler != SIG_DFL) {
		self.sigaction(cpu_signals[which], &before, NULL);
		return -EBUSY;
	}
	if (before.sa_sigaction != tick)
		self.believed[which] = before;
	atomic_store_explicit(&self.installed[which], true, memory_order_release);
	return 0;
}

void cpu_yield(int which)
{
	atomic_store_explicit(&self.installed[which], false, memory_order_release);
}

bool cpu_has_installed(int which)
{
	return atomic_load_explicit(&self.installed[which], memory_order_acquire);
}

struct sigaction *cpu_believed(int which)
{
	return &self.believed[which];
}

bool cpu_is_tick(uintptr_t handler)
{
	return handler == (uintptr_t)tick;
}

bool cpu_is_installed(void)
{
	bool any = false;
	for (int i = 0; i < CPU_SIGNALS; i++) {
		if (!cpu_has_installed(i))
			continue;
		if (!cpu_is_tick(installed_handler(cpu_signals[i])))
			return false;
		any = true;
	}
	return any;
}

uint32_t cpu_signals_in(uint64_t set)
{
	uint32_t bits = 0;
	for (int i = 0; i < CPU_SIGNALS; i++)
		bits |= (uint32_t)(set >> (cpu_signals[i] - 1) & 1) << i;
	return bits;
}

int cpu_arm_self(struct state *state, struct thread *slot, uint32_t tid)
{
	uint64_t blocked = 0;
	if (atomic_load(&slot->timer) != THREAD_NO_TIMER)
		return 0;
	arch_syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, 8, 0);
	uint32_t bits = cpu_signals_in(blocked);
	atomic_store(&slot->blocked, bits);
	if (bits)
		atomic_store_explicit(&state->masked, 1, memory_order_relaxed);
	int spare = CPU_SIGNALS - 1;
	if ((bits & 1 || !cpu_has_installed(0)) && !(bits >> spare & 1))
		cpu_install(spare);
	return cpu_arm(state, slot, tid, blocked);
}

/* The first signal that a thread with these tick signals blocked can take; CPU_SIGNALS: none. */
static int choose(uint32_t blocked)
{
	int which = 0;
	while (which < CPU_SIGNALS && (blocked >> which & 1 || !cpu_has_installed(which)))
		which++;
	return which;
}

/* Each timer holds one of the signals that a user may have queued (RLIMIT_SIGPENDING), and the
 * program's own timers need them too. Looked up late, as most programs have few threads. */
static bool may_have_another(struct state *state)
{
	uint32_t count = atomic_load_explicit(&state->timers, memory_order_relaxed);
	if (count < TIMERS_SURE)
		return true;
	uint32_t most = atomic_load_explicit(&state->timers_max, memory_order_relaxed);
	if (!most) {
		struct rlimit limit = {(uint64_t)TIMERS_SURE * TIMERS_SHARE, 0};
		arch_syscall(SYS_prlimit64, 0, RLIMIT_SIGPENDING, 0, (long)&limit, 0);
		uint64_t share = limit.rlim_cur / TIMERS_SHARE;
		most = share < THREADS_MAX ? (uint32_t)share + 1 : THREADS_MAX;
		atomic_store_explicit(&state->timers_max, most, memory_order_relaxed);
	}
	return count < most;
}

static int create_timer(struct state *state, const struct thread *slot, uint32_t tid, int signal)
{
	struct timer_event event = {.value = thread_index(&state->threads, slot),
				    .signo = signal,
				    .notify = SIGEV_THREAD_ID,
				    .tid = (int32_t)tid};
	int timer = THREAD_NO_TIMER;
	long error = may_have_another(state)
			     ? arch_syscall(SYS_timer_create, arch_thread_clock(tid), (long)&event,
					    (long)&timer, 0, 0)
			     : -EAGAIN;
	if (error)
		state_lost(state, LOST_TIMER);
	return error ? (int)error : timer;
}

static int start_timer(const struct state *state, int timer, uint32_t tid)
{
	uint64_t period = atomic_load_explicit(&state->period_ns, memory_order_relaxed);
	/* random, or threads shorter than the period would never be seen */
	uint64_t first = 1 + arch_noise(tid) % period;
	struct itimerspec ticks = {
		.it_interval = {(time_t)(period / 1000000000), (long)(period % 1000000000)},
		.it_value = {(time_t)(first / 1000000000), (long)(first % 1000000000)},
	};
	return (int)arch_syscall(SYS_timer_settime, timer, 0, (long)&ticks, 0, 0);
}

int cpu_arm(struct state *state, struct thread *slot, uint32_t tid, uint64_t blocked)
{
	int which = choose(cpu_signals_in(blocked) | atomic_load(&slot->blocked));
	if (which == CPU_SIGNALS) /* it would stay pending, for a sigwait of the program to find */
		return -EBUSY;
	int timer = create_timer(state, slot, tid, cpu_signals[which]);
	if (timer < 0)
		return timer;
	int32_t none = THREAD_NO_TIMER;
	if (!atomic_compare_exchange_strong(&slot->timer, &none, timer)) {
		/* the worker and the thread itself came to it at once */
		arch_syscall(SYS_timer_delete, timer, 0, 0, 0, 0);
		return 0;
	}
	atomic_fetch_add_explicit(&state->timers, 1, memory_order_relaxed);
	/* pairs with the thread, which first says that it will block and then looks for a timer */
	/* and with whoever ends sampling and then disarms all */
	if (atomic_load(&slot->blocked) >> which & 1 || !state_is_sampling(state)) {
		cpu_disarm(state, slot);
		return -EBUSY;
	}
	return start_timer(state, timer, tid);
}

void cpu_disarm(struct state *state, struct thread *slot)
{
	int timer = atomic_exchange(&slot->timer, THREAD_NO_TIMER);
	if (timer == THREAD_NO_TIMER)
		return;
	arch_syscall(SYS_timer_delete, timer, 0, 0, 0, 0);
	atomic_fetch_sub_explicit(&state->timers, 1, memory_order_relaxed);
}

static uint32_t disarm_all(struct state *state)
{
	uint32_t count = thread_count(&state->threads), armed = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct thread *slot = thread_at(&state->threads, i);
		armed += atomic_load(&slot->timer) != THREAD_NO_TIMER;
		cpu_disarm(state, slot);
	}
	return armed;
}

void cpu_disarm_all(struct state *state)
{
	disarm_all(state);
}

void cpu_silence(struct state *state)
{
	static const struct timespec moment = {0, TICK_NS};
	if (disarm_all(state) > 1)
		arch_syscall(SYS_nanosleep, (long)&moment, 0, 0, 0, 0);
}
