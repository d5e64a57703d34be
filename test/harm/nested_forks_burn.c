/* SPDX-License-Identifier: Apache-2.0 */
/* nested_forks_burn.c -- each generation has one child, works, and finds no child but its own.
 *
 * Each burns long enough that a profiler begins in it.
 *
 * harm: life
 * level: P0
 * naive: child
 */
#include "life.h"
#include <errno.h>

enum { GENERATIONS = 4 };

static volatile sig_atomic_t child_signals;

static void count_child(int signal)
{
	(void)signal;
	child_signals++;
}

static int live(int generation)
{
	int status, reaped = 0;
	child_signals = 0;
	fflush(stdout);
	if (generation < GENERATIONS && fork() == 0)
		exit(live(generation + 1));
	burn(0.2);
	double end = cpu_seconds(CLOCK_MONOTONIC) + 4;
	pid_t ended;
	while ((ended = waitpid(-1, &status, __WALL | WNOHANG)) != -1 &&
	       cpu_seconds(CLOCK_MONOTONIC) < end) {
		reaped += ended > 0;
		usleep(1000);
	}
	printf("generation %d: reaped %d, then %s, SIGCHLD %d times\n", generation, reaped,
	       ended == -1 && errno == ECHILD ? "no child" : "still a child", (int)child_signals);
	return generation;
}

int main(void)
{
	struct sigaction action = {.sa_handler = count_child, .sa_flags = SA_RESTART};
	sigaction(SIGCHLD, &action, NULL);
	return live(1);
}
