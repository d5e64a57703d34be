/* SPDX-License-Identifier: Apache-2.0 */
/* disposition.c -- two views of the same signals: the kernel's and the program's. */
#include "core/disposition.h"

#include <errno.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"
#include "core/birth.h"
#include "core/capture.h"
#include "core/cpu.h"
#include "core/procfile.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum { SIGNALS_MAX = 64, FRAME_LEAST = 2048, HANDLERS_SIZE = 2048 };

static struct {
	_Atomic bool has_small_stack;		/* some thread has one to run handlers on */
	_Atomic uint8_t added[SIGNALS_MAX + 1]; /* tick signals that we put into sa_mask */
} self;

static int index_of(int signal)
{
	int which = 0;
	while (which < CPU_SIGNALS && cpu_signals[which] != signal)
		which++;
	return which;
}

static uint64_t *bits_of(sigset_t *set)
{
	return (uint64_t *)set; /* of the kernel's size, whatever else the C library has there */
}

static uint32_t tick_signals_in(const sigset_t *set)
{
	return cpu_signals_in(*(const uint64_t *)set);
}

static bool is_handler(const struct sigaction *action)
{
	return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static struct thread *current_slot(struct state *state, uint32_t *tid)
{
	*tid = state ? arch_thread_id() : 0;
	return state ? thread_find(&state->threads, *tid) : NULL;
}

static void arm_again(struct state *state)
{
	uint32_t tid;
	struct thread *slot = current_slot(state, &tid);
	/* the worker looks after the others */
	atomic_store(&state->unarmed, 1);
	if (!state_is_sampling(state) || atomic_load(&state->engine) == ENGINE_PERF)
		return;
	if (slot)
		cpu_arm_self(state, slot, tid);
	/* no tick will ever ask for a worker, and the other engine needs none */
	if (!cpu_has_installed(0) && !cpu_has_installed(CPU_SIGNALS - 1))
		birth_worker(state);
}

/* Those that pend for this thread alone, which no system call tells; all where /proc is absent. */
static uint64_t pending_alone(void)
{
	uint64_t pending;
	bool is_known = procfile_number("/proc/thread-self/status", "\nSigPnd:", 16, &pending);
	return is_known ? pending : UINT64_MAX;
}

/* Takes one of these signals away. Ours are of this timer; any other is queued again. */
static void take_one(uint64_t one, int timer)
{
	static const struct timespec at_once = {0};
	siginfo_t info = {0};
	long signal =
		arch_syscall(SYS_rt_sigtimedwait, (long)&one, (long)&info, (long)&at_once, 8, 0);
	if (signal > 0 && !(info.si_code == SI_TIMER && info.si_timerid == timer))
		arch_syscall(SYS_rt_tgsigqueueinfo, arch_process_id(), arch_thread_id(), signal,
			     (long)&info, 0);
}

/* Ticks pend for one thread. What pends for the process is left there, for any thread to take. */
static void take_pending(uint64_t signals, int timer)
{
	uint64_t pending = 0;
	arch_syscall(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0);
	if (!(pending & signals))
		return;
	for (signals &= pending & pending_alone(); signals; signals &= signals - 1)
		take_one(signals & -signals, timer);
}

/* Setting "default" would drop a signal that the program holds back until it has a handler. */
static bool is_pending(int signal, int timer)
{
	uint64_t one = UINT64_C(1) << (signal - 1), pending = 0, blocked = 0;
	arch_syscall(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0);
	arch_syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, 8, 0);
	if (!(pending & blocked & one))
		return false;
	take_pending(one, timer);
	arch_syscall(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0);
	return pending & one;
}

bool disposition_lend(disposition_setter *real, int signal)
{
	uint32_t tid;
	struct state *state = state_of_process();
	int which = index_of(signal);
	if (!state || which == CPU_SIGNALS || !real || !cpu_has_installed(which))
		return false;
	struct thread *slot = current_slot(state, &tid);
	int timer = slot ? atomic_load(&slot->timer) : THREAD_NO_TIMER;
	cpu_yield(which);
	cpu_silence(state);
	if (!is_pending(signal, timer))
		real(signal, cpu_believed(which), NULL);
	return true;
}

void disposition_take_back(disposition_setter *real, int signal)
{
	struct state *state = state_of_process();
	struct sigaction now;
	if (!state || real(signal, NULL, &now))
		return;
	/* or the program's handler would be away for a moment */
	if (now.sa_handler == SIG_DFL || cpu_is_tick((uintptr_t)now.sa_handler))
		cpu_install(index_of(signal));
	else
		cpu_yield(index_of(signal));
	arm_again(state);
}

void disposition_believe(int signal, struct sigaction *seen)
{
	int which = index_of(signal);
	if (which < CPU_SIGNALS && cpu_is_tick((uintptr_t)seen->sa_handler))
		*seen = *cpu_believed(which);
}

static bool is_of_spare(int signal)
{
	return index_of(signal) == CPU_SIGNALS - 1;
}

static int change_ours(disposition_setter *real, int signal, const struct sigaction *new,
		       struct sigaction *old)
{
	int which = index_of(signal);
	if (!new &&cpu_has_installed(which)) {
		if (old)
			*old = *cpu_believed(which);
		return 0;
	}
	bool was_ours = disposition_lend(real, signal);
	int result = real(signal, new, old);
	if (!result && old)
		disposition_believe(signal, old);
	/* the usual one also when the program has had a handler and has no use for it any more */
	if (was_ours || (new && !is_of_spare(signal)))
		disposition_take_back(real, signal);
	return result;
}

/* While such a handler runs no tick may come. */
static uint8_t widen(struct sigaction *action)
{
	uint32_t has = tick_signals_in(&action->sa_mask);
	for (int i = 0; i < CPU_SIGNALS; i++)
		*bits_of(&action->sa_mask) |= UINT64_C(1) << (cpu_signals[i] - 1);
	return (uint8_t)(~has & ((1U << CPU_SIGNALS) - 1));
}

static bool needs_quiet(const struct sigaction *action)
{
	return atomic_load(&self.has_small_stack) && is_handler(action) &&
	       action->sa_flags & SA_ONSTACK;
}

static int change_other(disposition_setter *real, int signal, const struct sigaction *new,
			struct sigaction *old)
{
	struct sigaction widened;
	uint8_t added = 0;
	if (signal < 1 || signal > SIGNALS_MAX)
		return real(signal, new, old);
	if (new &&needs_quiet(new)) {
		widened = *new;
		added = widen(&widened);
	}
	int result = real(signal, added ? &widened : new, old);
	if (result)
		return result;
	uint8_t before = new ? atomic_exchange(&self.added[signal], added)
			     : atomic_load(&self.added[signal]);
	for (int i = 0; i < CPU_SIGNALS && old && is_handler(old); i++)
		if (before >> i & 1)
			*bits_of(&old->sa_mask) &= ~(UINT64_C(1) << (cpu_signals[i] - 1));
	return result;
}

/* What the kernel answers with EFAULT is not for us to read first. */
static bool is_there(const void *object, size_t size)
{
	uintptr_t first = (uintptr_t)object;
	return capture_can_read(first) && capture_can_read(first + size - 8);
}

/* A frame of the signal, one of a tick, and something for either handler. */
static bool is_small(const stack_t *stack)
{
	uint64_t frame = getauxval(AT_MINSIGSTKSZ);
	return !(stack->ss_flags & SS_DISABLE) &&
	       stack->ss_size < 2 * (frame > FRAME_LEAST ? frame : FRAME_LEAST) + HANDLERS_SIZE;
}

void disposition_before_stack(disposition_setter *real, const stack_t *stack)
{
	struct sigaction action;
	if (!stack || !real || !state_of_process() || !is_there(stack, sizeof(*stack)) ||
	    !is_small(stack) || atomic_exchange(&self.has_small_stack, true))
		return;
	for (int signal = 1; signal <= SIGNALS_MAX; signal++)
		if (index_of(signal) == CPU_SIGNALS && !real(signal, NULL, &action) &&
		    needs_quiet(&action))
			change_other(real, signal, &action, NULL);
}

int disposition_change(disposition_setter *real, int signal, const struct sigaction *new,
		       struct sigaction *old)
{
	struct state *state = state_of_process();
	int which = index_of(signal);
	if (state && which < CPU_SIGNALS)
		return change_ours(real, signal, new, old);
	if (state)
		return change_other(real, signal, new, old);
	int result = real(signal, new, old);
	if (!result && old)
		disposition_believe(signal, old);
	return result;
}

bool disposition_concerns_ticks(int how, const sigset_t *set)
{
	return set && (how == SIG_SETMASK || tick_signals_in(set));
}

static bool is_on_alternate_stack(void)
{
	stack_t stack = {0};
	arch_syscall(SYS_sigaltstack, 0, (long)&stack, 0, 0, 0);
	return stack.ss_flags & SS_ONSTACK;
}

/* The tick signals that were added to the masks of handlers for one of these signals. */
static uint32_t added_for(const sigset_t *set)
{
	uint32_t added = 0;
	for (int signal = 1; signal <= SIGNALS_MAX; signal++)
		if (*(const uint64_t *)set >> (signal - 1) & 1)
			added |= atomic_load(&self.added[signal]);
	return added;
}

const sigset_t *disposition_widen_unblocked(const sigset_t *set, sigset_t *room)
{
	uint32_t tid;
	struct state *state = state_get();
	if (!state || !atomic_load_explicit(&self.has_small_stack, memory_order_relaxed))
		return set;
	uint32_t added = added_for(set);
	struct thread *slot = added ? current_slot(state, &tid) : NULL;
	if (slot)
		added &= ~atomic_load(&slot->blocked); /* these it blocks by its own will */
	if (!slot || !added || is_on_alternate_stack())
		return set;
	*room = *set;
	for (int i = 0; i < CPU_SIGNALS; i++)
		if (added >> i & 1)
			*bits_of(room) |= UINT64_C(1) << (cpu_signals[i] - 1);
	return room;
}

void disposition_before_mask(int how, const sigset_t *set)
{
	uint32_t tid;
	struct state *state = state_get();
	if (how == SIG_UNBLOCK || !tick_signals_in(set))
		return;
	struct thread *slot = current_slot(state, &tid);
	if (!slot) /* a child of vfork, for example */
		return;
	uint32_t old = atomic_load_explicit(&slot->blocked, memory_order_relaxed);
	uint32_t gained = tick_signals_in(set) & ~old;
	if (!gained)
		return;
	/* pairs with cpu_arm on the worker: it sees this, or we see its timer */
	atomic_store(&slot->blocked, old | gained);
	atomic_store_explicit(&state->masked, 1, memory_order_relaxed);
	cpu_disarm(state, slot);
}

void disposition_before_wait(const sigset_t *set)
{
	uint32_t tid;
	struct state *state = state_get();
	if (!state || (set && (!is_there(set, 8) || !tick_signals_in(set))))
		return;
	struct thread *slot = current_slot(state, &tid);
	int timer = slot ? atomic_load(&slot->timer) : THREAD_NO_TIMER;
	if (timer == THREAD_NO_TIMER)
		return;
	uint64_t blocked = 0;
	arch_syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, 8, 0);
	uint32_t bits = cpu_signals_in(blocked);
	if (!bits)
		return;
	atomic_store(&slot->blocked, bits);
	atomic_store_explicit(&state->masked, 1, memory_order_relaxed);
	cpu_disarm(state, slot);
	uint64_t ours = 0;
	for (int i = 0; i < CPU_SIGNALS; i++)
		ours |= UINT64_C(1) << (cpu_signals[i] - 1);
	take_pending(ours & blocked, timer);
}

void disposition_after_mask(void)
{
	uint32_t tid;
	struct state *state = state_get();
	if (!state || !atomic_load_explicit(&state->masked, memory_order_relaxed))
		return;
	struct thread *slot = current_slot(state, &tid);
	if (!slot || atomic_load(&slot->timer) != THREAD_NO_TIMER)
		return;
	if (state_is_sampling(state) && atomic_load(&state->engine) != ENGINE_PERF)
		cpu_arm_self(state, slot, tid);
}
