/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_by_bare_calls.c -- the filter is installed by instructions of the program, not by libc.
 *
 * harm: life
 * level: P1
 * naive: cpu
 */
#include "life.h"
#include "sandbox.h"

int main(void)
{
	static const double before[] = {0, 0.12};
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();
		if (child == 0) {
			burn(before[i]);
			if (sandbox_lock_in(SANDBOX_BARE))
				_exit(1);
			burn(0.1);
			_exit(7);
		}
		print_ending(i ? "late" : "early", wait_at_most(child, 20));
	}
	return 0;
}
