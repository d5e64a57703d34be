/* SPDX-License-Identifier: Apache-2.0 */
/* allocates_on_small_stacks.c -- allocating takes little of a stack, also while it is interrupted.
 *
 * harm: memory
 * level: P0
 * naive: cpu+eatstack
 * flags: -O2 -fno-builtin -pthread
 */
#include "again.h"
#include "stacks.h"
#include <malloc.h>
#include <sys/auxv.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* Beyond the frame of one signal; glibc takes a quarter of it. */
enum { ROOM = 2048 };

static const struct {
	const char *name;
	void (*compute)(size_t);
	size_t size; /* 0: the frame of one signal, and ROOM */
} stacks[] = {
	{"coroutine of 16 KiB", compute_in_coroutine, 16384},
	{"coroutine of 8 KiB", compute_in_coroutine, 8192},
	{"thread, room for a signal", compute_near_end, 0},
	{"stack of its own", compute_on_own_stack, 8192},
};

static void allocate_once(void)
{
	void *volatile block = NULL;
	for (size_t size = 10; size < 1 << 20; size *= 7)
		free(realloc(malloc(size), size * 2));
	free(memalign(64, 1000));
	free(calloc(10, 100));
	if (posix_memalign((void **)&block, 64, 1000) == 0)
		free(block);
}

static void allocate_a_while(void)
{
	double until = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + 0.15;
	while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < until)
		allocate_once();
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		int i = atoi(argv[1]);
		size_t size = stacks[i].size ? stacks[i].size : getauxval(AT_MINSIGSTKSZ) + ROOM;
		work_there = allocate_a_while;
		allocate_once(); /* so that the loader has found all names */
		return compute_so(stacks[i].compute, size);
	}
	for (int i = 0; i < (int)(sizeof stacks / sizeof *stacks); i++)
		run_case(i, stacks[i].name);
	return 0;
}
