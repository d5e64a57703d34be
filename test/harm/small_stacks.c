/* SPDX-License-Identifier: Apache-2.0 */
/* small_stacks.c -- computing on small coroutine stacks, and near the end of a thread's.
 *
 * Below each stack lies a page that cannot be touched.
 *
 * harm: signals
 * level: P0
 * naive: cpu+eatstack
 */
#include "again.h"
#include "stacks.h"
#include <sys/auxv.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

static const struct {
	const char *name;
	void (*compute)(size_t);
	size_t size; /* 0: the frame of one signal, and 2 KiB */
} stacks[] = {
	{"coroutine of 32 KiB", compute_in_coroutine, 32768},
	{"coroutine of 16 KiB", compute_in_coroutine, 16384},
	{"coroutine of 8 KiB", compute_in_coroutine, 8192},
	{"thread, 12 KiB left", compute_near_end, 12288},
	{"thread, room for a signal", compute_near_end, 0},
	{"stack of its own", compute_on_own_stack, 16384},
};

int main(int argc, char **argv)
{
	if (argc > 1) {
		int i = atoi(argv[1]);
		size_t size = stacks[i].size ? stacks[i].size : getauxval(AT_MINSIGSTKSZ) + 2048;
		return compute_so(stacks[i].compute, size);
	}
	for (int i = 0; i < (int)(sizeof stacks / sizeof *stacks); i++)
		run_case(i, stacks[i].name);
	return 0;
}
