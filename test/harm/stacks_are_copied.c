/* SPDX-License-Identifier: Apache-2.0 */
/* stacks_are_copied.c -- coroutines that share one stack, which is copied away and back.
 *
 * While one sleeps, what was its stack belongs to others; the bytes must come back as they were.
 *
 * harm: unwinding
 * level: P0
 */
#include "life.h"
#include <sys/mman.h>
#include <ucontext.h>

enum { COROUTINES = 20, ROUNDS = 40, STACK = 64 << 10, DEPTH = 6 };

static struct coroutine {
	ucontext_t context;
	char saved[STACK];
	long sum;
	int done;
} coroutines[COROUTINES];

static char *stack;
static ucontext_t scheduler;
static struct coroutine *current;

__attribute__((noinline)) static long compute(int depth, long seed)
{
	volatile long values[32];
	for (int i = 0; i < 32; i++)
		values[i] = seed + i;
	if (depth > 0) {
		values[0] += compute(depth - 1, seed + 1);
	} else {
		for (volatile int i = 0; i < 600000; i++)
			;
		swapcontext(&current->context, &scheduler);
	}
	long sum = 0;
	for (int i = 0; i < 32; i++)
		sum += values[i];
	return sum;
}

static void live(void)
{
	for (int i = 0; i < ROUNDS; i++)
		current->sum += compute(DEPTH, i);
	current->done = 1;
	swapcontext(&current->context, &scheduler);
}

static void run(struct coroutine *coroutine)
{
	current = coroutine;
	memcpy(stack, coroutine->saved, STACK);
	swapcontext(&scheduler, &coroutine->context);
	memcpy(coroutine->saved, stack, STACK);
}

int main(void)
{
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < COROUTINES; i++) {
		getcontext(&coroutines[i].context);
		coroutines[i].context.uc_stack.ss_sp = stack;
		coroutines[i].context.uc_stack.ss_size = STACK;
		makecontext(&coroutines[i].context, live, 0);
		memcpy(coroutines[i].saved, stack, STACK);
	}
	for (int round = 0; round <= ROUNDS; round++)
		for (int i = 0; i < COROUTINES; i++)
			if (!coroutines[i].done)
				run(&coroutines[i]);
	for (int i = 0; i < COROUTINES; i++)
		printf("%d: %ld, done %d\n", i, coroutines[i].sum, coroutines[i].done);
	return 0;
}
