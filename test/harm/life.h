/* SPDX-License-Identifier: Apache-2.0 */
/* life.h -- what rows of groups life and unwinding share: beginning children and waiting for them.
 *
 * Included first: it asks for all that the C library has.
 */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

/* The child's wait status; -1 if it had to be killed because it did not end in time. */
static inline int wait_at_most(pid_t child, double seconds)
{
	int status;
	double end = cpu_seconds(CLOCK_MONOTONIC) + seconds;
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (cpu_seconds(CLOCK_MONOTONIC) > end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return -1;
		}
		usleep(2000);
	}
	return status;
}

/* A child that executes this program anew, so that the library begins in it as in any program. */
static inline pid_t begin_again(const char *argument)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		execl("/proc/self/exe", "row", argument, NULL);
		_exit(126);
	}
	return child;
}

static inline pid_t begin_again_with(int number)
{
	char argument[16];
	snprintf(argument, sizeof argument, "%d", number);
	return begin_again(argument);
}

static inline void print_ending(const char *what, int status)
{
	if (status == -1)
		printf("%s: hung\n", what);
	else if (WIFSIGNALED(status))
		printf("%s: signal %d\n", what, WTERMSIG(status));
	else
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
	fflush(stdout);
}

/* Prints what failed when it is not as the row takes for granted. */
static inline int expect(int true_or_not, const char *what)
{
	if (!true_or_not)
		printf("not so: %s\n", what);
	return true_or_not;
}
