/* SPDX-License-Identifier: Apache-2.0 */
/* unwind.c -- what a 32-frame stack costs to unwind, and the mappings to read again. */
#include "core/unwind.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

enum { DEPTH = 30, ROUNDS = 20000, FEW_ROUNDS = 2000 };

static struct sample *record;
static volatile int sink;

static void take(int number, siginfo_t *info, void *context)
{
	static const int order[REGISTER_COUNT] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
	};
	const ucontext_t *interrupted = context;

	(void)number;
	(void)info;
	record->kind = SAMPLE_CPU;
	for (int i = 0; i < REGISTER_COUNT; i++)
		record->regs[i] = (uint64_t)interrupted->uc_mcontext.gregs[order[i]];
	record->stack_size = 8 << 10;
	record->stack_cut = 1;
	memcpy(record->stack, (const void *)record->regs[REGISTER_RSP], record->stack_size);
}

__attribute__((noinline, noclone)) static int descend(int depth)
{
	volatile char room[64];

	room[0] = (char)depth;
	if (!depth) {
		raise(SIGURG);
		return 0;
	}
	return descend(depth - 1) + room[0];
}

/* So that the slice ends inside the stack, however small the environment is. */
__attribute__((noinline, noclone)) static int descend_from_room(void)
{
	volatile char room[16 << 10];

	room[0] = 1;
	return descend(DEPTH) + room[0];
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void bench_unwind(struct unwind *unwind)
{
	uint64_t pcs[UNWIND_FRAMES_MAX];
	enum unwind_end end;
	size_t count = unwind_sample(unwind, record, pcs, UNWIND_FRAMES_MAX, &end);
	double start = now_us();
	double each;

	for (int i = 0; i < ROUNDS; i++)
		unwind_sample(unwind, record, pcs, UNWIND_FRAMES_MAX, &end);
	each = (now_us() - start) / ROUNDS;
	printf("warm: %zu frames, %.2f us, %.3f us per frame\n", count, each, each / (double)count);
	start = now_us();
	for (int i = 0; i < FEW_ROUNDS; i++) {
		unwind_flush(unwind);
		unwind_sample(unwind, record, pcs, UNWIND_FRAMES_MAX, &end);
	}
	each = (now_us() - start) / FEW_ROUNDS;
	printf("cold: %zu frames, %.2f us\n", count, each);
}

static void bench_refresh(struct maps *maps)
{
	double start = now_us();

	for (int i = 0; i < FEW_ROUNDS; i++)
		maps_refresh(maps);
	printf("refresh: %.2f us\n", (now_us() - start) / FEW_ROUNDS);
}

int main(void)
{
	struct maps *maps = maps_create();
	struct unwind *unwind = unwind_create(maps);
	struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO};

	record = calloc(1, sizeof(*record) + SAMPLE_STACK_MAX);
	if (!unwind || !record || maps_refresh(maps) < 0)
		return 1;
	sigaction(SIGURG, &action, NULL);
	sink = descend_from_room();
	bench_unwind(unwind);
	bench_refresh(maps);
	unwind_destroy(unwind);
	maps_destroy(maps);
	free(record);
	return 0;
}
