/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_by_bare_calls.c -- the filter is installed by instructions of the program, not by libc.
 *
 * harm: life
 * level: P1
 * differs: (early|late): (exit|signal) -- a filter set by bare instructions is not seen coming
 */
#include "life.h"
#include "sandbox.h"

static void live(double before)
{
	burn(before);
	if (sandbox_lock_in(SANDBOX_BARE))
		_exit(1);
	burn(0.1);
	_exit(7);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		live(atof(argv[1]));
	print_ending("early", wait_at_most(begin_again("0"), 20));
	print_ending("late", wait_at_most(begin_again("0.12"), 20));
	return 0;
}
