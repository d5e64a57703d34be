/* SPDX-License-Identifier: Apache-2.0 */
/* tiny_stacks.c -- computing with so little stack left that the frame of a signal does not fit.
 *
 * A program that expects no signals may do so. Engine timer sends some, and so does perf in the
 * first 0.1 s, which therefore have passed before.
 *
 * harm: signals
 * level: P1
 * naive: cpu+eatstack
 * engines: perf
 */
#include "again.h"
#include "stacks.h"

static const struct {
	const char *name;
	void (*compute)(size_t);
	size_t size;
} stacks[] = {
	{"coroutine of 4 KiB", compute_in_coroutine, 4096},
	{"thread, 2.5 KiB left", compute_near_end, 2560},
};

int main(int argc, char **argv)
{
	burn_first = 0.3;
	if (argc > 1)
		return compute_so(stacks[atoi(argv[1])].compute, stacks[atoi(argv[1])].size);
	for (int i = 0; i < (int)(sizeof stacks / sizeof *stacks); i++)
		run_case(i, stacks[i].name);
	return 0;
}
