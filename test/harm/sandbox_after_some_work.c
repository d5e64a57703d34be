/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_after_some_work.c -- a process that locks itself in computes on, and is not killed.
 *
 * The filter comes before the profiler begins, while it does, and when it lives. Each child is a
 * program that begins anew.
 *
 * harm: life
 * level: P0
 * naive: cpu, thread
 */
#include "life.h"
#include "sandbox.h"

static const char *const names[] = {"prctl", "seccomp", "seccomp for all threads", "bare calls"};

static void live(enum sandbox_way way, double before)
{
	burn(before);
	if (sandbox_lock_in(way))
		_exit(1);
	free(malloc(5000));
	burn(0.08);
	_exit(7);
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.04, 0.12};
	if (argc > 2)
		live((enum sandbox_way)atoi(argv[1]), atof(argv[2]));
	for (int way = 0; way <= SANDBOX_ALL_THREADS; way++)
		for (int i = 0; i < 3; i++) {
			char ways[8], seconds[16];
			snprintf(ways, sizeof ways, "%d", way);
			snprintf(seconds, sizeof seconds, "%g", before[i]);
			pid_t child = fork();
			if (child == 0) {
				execl("/proc/self/exe", argv[0], ways, seconds, NULL);
				_exit(2);
			}
			printf("after %g s, by ", before[i]);
			print_ending(names[way], wait_at_most(child, 20));
		}
	return 0;
}
