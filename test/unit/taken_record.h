/* SPDX-License-Identifier: Apache-2.0 */
/* taken_record.h -- a record taken in this very process by a signal's handler, unwound; and some
 * calls to take one in.
 */
#pragma once

#include "core/unwind.h"

#include <check.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#define NOINLINE __attribute__((noinline, noclone))

enum { RECORD_SIZE = sizeof(struct sample) + SAMPLE_STACK_MAX };

static struct maps *maps;
static struct unwind *unwinder;
static struct sample *record;
static size_t slice_max = SAMPLE_STACK_MAX;
static uintptr_t stack_top;
static volatile sig_atomic_t taken;
static volatile int sink;
static uint64_t pcs[UNWIND_FRAMES_MAX];
static enum unwind_end end;

/* The kernel's order of registers in a context, in ours. */
static const int ORDER[REGISTER_COUNT] = {
	REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
	REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
};

/* Other functions' frames have red zones that only their own code must not touch. */
__attribute__((no_sanitize("address", "undefined"))) static void take(const ucontext_t *context)
{
	size_t size;

	record->kind = SAMPLE_CPU;
	for (int i = 0; i < REGISTER_COUNT; i++)
		record->regs[i] = (uint64_t)context->uc_mcontext.gregs[ORDER[i]];
	size = stack_top - record->regs[REGISTER_RSP];
	record->stack_cut = size > slice_max;
	record->stack_size = (uint32_t)(size > slice_max ? slice_max : size);
	for (size_t i = 0; i < record->stack_size; i++)
		record->stack[i] = ((const volatile uint8_t *)record->regs[REGISTER_RSP])[i];
	taken = 1;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	if (!taken)
		take(context);
}

static size_t unwound(void)
{
	ck_assert(taken);
	ck_assert_int_ge(maps_refresh(maps), 0);
	unwind_flush(unwinder);
	return unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end);
}

/* The highest address of the stack that the caller runs on. */
static uintptr_t own_stack_top(void)
{
	pthread_attr_t attributes;
	void *start;
	size_t size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &start, &size);
	pthread_attr_destroy(&attributes);
	return (uintptr_t)start + size;
}

static void set_up(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	sigaction(SIGURG, &action, NULL);
	sigaction(SIGPROF, &action, NULL);
	record = calloc(1, RECORD_SIZE);
	maps = maps_create();
	unwinder = unwind_create(maps);
	stack_top = own_stack_top();
	taken = 0;
}

static void tear_down(void)
{
	unwind_destroy(unwinder);
	maps_destroy(maps);
	free(record);
}

static bool is_inside(uint64_t pc, const void *function, size_t size)
{
	return pc - (uintptr_t)function < size;
}

/* Index of the first frame inside a function, or -1. */
static int frame_of(size_t count, const void *function, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		if (is_inside(pcs[i], function, size))
			return (int)i;
	}
	return -1;
}

/* What another unwinder says in innermost. */
static void *truth[64];
static int truth_count;

NOINLINE static int innermost(int n)
{
	truth_count = backtrace(truth, 64);
	raise(SIGURG);
	return n + sink;
}

NOINLINE static int middle(int n)
{
	volatile char frame[100];

	frame[n] = 1;
	return innermost(n + frame[n]) + 1;
}

NOINLINE static int outermost(int n)
{
	return middle(n) * 2;
}

NOINLINE static int recurse(int depth)
{
	volatile char frame[200];

	frame[0] = (char)depth;
	return depth ? recurse(depth - 1) + frame[0] : outermost(1);
}
