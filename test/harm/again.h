/* SPDX-License-Identifier: Apache-2.0 */
/* again.h -- a row of several cases lives each of them in a new process of the same program.
 *
 * Executed again and not only forked: what a library does from the start of a program is then
 * part of every case. Includes life.h, which has to be the first.
 */
#pragma once
#include "life.h"

struct one_case {
	const char *name;
	void (*live)(void);
};

/* Far more than a case takes on a machine that has other things to do. */
enum { CASE_SECONDS = 40 };

/* The program once more, with the number of the case as argument; prints how it ended. */
static inline void run_case(int number, const char *name)
{
	print_ending(name, wait_at_most(begin_again_with(number), CASE_SECONDS));
}

static inline int run_cases(int argc, char **argv, const struct one_case *cases, int count)
{
	if (argc > 1) {
		cases[atoi(argv[1])].live();
		return 0;
	}
	for (int i = 0; i < count; i++)
		run_case(i, cases[i].name);
	return 0;
}

#define RUN_CASES(argc, argv, cases) \
	run_cases(argc, argv, cases, (int)(sizeof(cases) / sizeof *(cases)))
