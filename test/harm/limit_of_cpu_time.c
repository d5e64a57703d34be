/* SPDX-License-Identifier: Apache-2.0 */
/* limit_of_cpu_time.c -- SIGXCPU comes in the second in which it comes, SIGKILL in the next.
 *
 * harm: life
 * level: P1
 * quick: no
 */
#include "life.h"
#include <sys/resource.h>

static void hear(int signal)
{
	printf("heard %d after %.0f s of CPU time\n", signal,
	       cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
	fflush(stdout);
}

int main(void)
{
	struct rlimit limit = {1, 2};
	pid_t child = fork();
	if (child == 0) {
		signal(SIGXCPU, hear);
		setrlimit(RLIMIT_CPU, &limit);
		burn(60);
		_exit(1);
	}
	print_ending("limited", wait_at_most(child, 60));
	return 0;
}
