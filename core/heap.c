/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c -- drawing distances, and the record of an allocation. */
#include "core/heap.h"

#include <math.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/arch.h"
#include "core/birth.h"
#include "core/range.h"

_Thread_local struct heap_thread heap_thread;

static struct {
	heap_asker *_Atomic asker;
} self;

bool heap_open(struct state *state, uint32_t interval)
{
	if (!live_open())
		return false;
	atomic_store(&state->heap_interval, interval);
	return true;
}

void heap_know_asker(heap_asker *asker)
{
	atomic_store(&self.asker, asker);
}

void heap_begin_child(void)
{
	live_forget_parent();
	heap_thread.random = 0; /* or it would draw what its parent draws */
	heap_thread.left = 0;
}

void heap_know_stack(uintptr_t low, uintptr_t top)
{
	heap_thread.stack = (struct capture_stack){low, top, false};
}

/* Marsaglia, Xorshift RNGs (2003), with the multiplication of Vigna, An experimental exploration of
 * Marsaglia's xorshift generators, scrambled (2016). */
static uint64_t draw_bits(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* The logarithm of x > 0, to 1e-12: the host's need not be there. x is m * 2^e with m near 1, and
 * log m = 2 artanh((m - 1) / (m + 1)). */
static double logarithm(double x)
{
	union {
		double number;
		uint64_t bits;
	} m = {x};
	int exponent = (int)(m.bits >> 52) - 1023;
	m.bits = (m.bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
	if (m.number > M_SQRT2) {
		m.number /= 2;
		exponent++;
	}
	double s = (m.number - 1) / (m.number + 1), square = s * s, sum = 0;
	for (int i = 15; i > 0; i -= 2)
		sum = sum * square + 1.0 / i;
	return 2 * s * sum + exponent * M_LN2;
}

/* Of [0, 1) the generator gives 2^53 numbers; 1 less such a number is never 0. The program may
 * round otherwise, want a signal for each inexact result, or look at the flags: none of it is
 * touched. */
static void draw_distance(struct heap_thread *thread, uint32_t interval)
{
	uint64_t bits = draw_bits(&thread->random) >> 11;
	uint32_t control = arch_enter_floating_point(&bits);
	double uniform = 1 - (double)bits * 0x1p-53;
	uint64_t distance = (uint64_t)(-logarithm(uniform) * interval);
	arch_leave_floating_point(&distance, control);
	thread->interval = interval;
	thread->left = interval == 1 ? 0 : distance;
}

static bool record(struct state *state, const struct heap_thread *thread, int slot, size_t size,
		   uint32_t interval)
{
	uint64_t regs[REGISTER_COUNT] = {0};
	arch_current_registers(regs); /* the unwinder finds the way out of the library */
	struct sample *sample = capture(state, SAMPLE_ALLOCATION, regs, &thread->stack, 1);
	if (!sample) {
		atomic_fetch_add_explicit(&state->unrecorded_blocks, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&state->unrecorded_bytes, size, memory_order_relaxed);
		return false;
	}
	sample->tid = arch_thread_id();
	sample->weight = size;
	sample->block = (struct sample_block){
		.slot = slot,
		.generation = slot == LIVE_NONE ? 0 : live_generation(slot),
		.interval = interval,
	};
	ring_commit(sample);
	return true;
}

/* A process that has hardly done anything yet is not worth a thread; nor is a child of vfork, whose
 * thread it would be. */
static void make_worker(struct state *state)
{
	if (atomic_load_explicit(&state->worker, memory_order_relaxed) == WORKER_NONE &&
	    (ring_used(&state->ring) >= STATE_RING_SIZE / 4 ||
	     arch_clock_ns(CLOCK_PROCESS_CPUTIME_ID) >= BIRTH_CPU_NS) &&
	    state_of_process())
		birth_worker(state);
}

/* The worker asks for them, but the allocator is the program's. */
static void take_figures(struct state *state)
{
	struct heap_figures figures = {0};
	heap_asker *asker = atomic_load(&self.asker);
	if (!atomic_load_explicit(&state->wants_figures, memory_order_relaxed) ||
	    !atomic_exchange(&state->wants_figures, 0) || !asker)
		return;
	uint64_t began = arch_clock_ns(CLOCK_MONOTONIC);
	asker(&figures);
	atomic_store(&state->figures_cost_ns, arch_clock_ns(CLOCK_MONOTONIC) - began);
	atomic_store(&state->allocator_held, figures.held);
	atomic_store(&state->allocator_used, figures.used);
}

/* The record comes first: the worker that sees a block has its record, or there is none. */
static void enter(struct state *state, const struct heap_thread *thread, void *block, size_t size,
		  uint32_t interval)
{
	int slot = live_claim(block, size, interval);
	if (slot == LIVE_NONE)
		state_lost(state, LOST_LIVE);
	bool is_recorded = record(state, thread, slot, size, interval);
	if (slot != LIVE_NONE && !is_recorded)
		live_mark_unrecorded(slot);
	if (slot != LIVE_NONE)
		live_show(slot, block);
}

/* With all signals blocked: a handler of the program that jumps away would leave a record that
 * never ends, at which the worker would wait for ever. */
static __attribute__((noinline)) void sample_block(struct state *state,
						   const struct heap_thread *thread, void *block,
						   size_t size, uint32_t interval)
{
	uint64_t all = UINT64_MAX, before = 0;
	/* pairs with retreat_begin: it waits for us, or we see that it wants silence */
	atomic_fetch_add(&state->busy, 1);
	if (atomic_load(&state->quiet)) {
		atomic_fetch_sub(&state->busy, 1);
		return;
	}
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, 8, 0);
	if (!atomic_load_explicit(&state->is_protected, memory_order_relaxed))
		state_protect(state);
	enter(state, thread, block, size, interval);
	atomic_fetch_add_explicit(&state->allocations, 1, memory_order_relaxed);
	make_worker(state);
	state_wake_when_half_full(state);
	arch_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, 8, 0);
	take_figures(state);
	atomic_fetch_sub(&state->busy, 1);
}

void heap_take(void *block, size_t size)
{
	struct heap_thread *thread = &heap_thread;
	struct state *state = state_get();
	uint32_t next =
		state ? atomic_load_explicit(&state->heap_interval, memory_order_relaxed) : 0;
	/* not begun, or stopped; while a sandbox is entered no call of ours may be made */
	if (!next || atomic_load(&state->quiet)) {
		if (state_is_closed()) /* for good: no need to come here any more */
			thread->left = UINT64_MAX;
		return;
	}
	uint32_t interval = thread->interval;
	if (!thread->random) {
		thread->random = arch_noise((uintptr_t)thread) | 1;
		draw_distance(thread, next);
		if (heap_count(size))
			return;
		interval = next;
	}
	draw_distance(thread, next);
	if (block)
		sample_block(state, thread, block, size, interval);
}

void heap_forget_sampled(const void *block)
{
	int slot = live_hide(block);
	if (slot != LIVE_NONE)
		live_release(slot, block);
}

void heap_moved(int slot, const void *block, bool is_gone)
{
	if (slot == LIVE_NONE)
		return;
	if (is_gone)
		live_release(slot, block);
	else
		live_show(slot, block);
}

void heap_map(void *start, size_t size)
{
	if (heap_count(size))
		return;
	int range = range_claim(start, size);
	heap_take(range == RANGE_NONE ? NULL : range_name(range), size);
	if (range == RANGE_NONE)
		state_lost(state_get(), LOST_LIVE);
	else
		range_settle(range);
}
