/* SPDX-License-Identifier: Apache-2.0 */
/* life.h -- what rows of groups life and unwinding share: using CPU time, and waiting for children.
 *
 * Included first: it asks for all that the C library has. Static, because a row is one file.
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
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

UNUSED static double seconds_of(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* So many seconds of CPU time of the calling thread, nearly all of it outside the kernel. */
UNUSED __attribute__((noinline)) static void burn(double seconds)
{
	double end = seconds_of(CLOCK_THREAD_CPUTIME_ID) + seconds;
	while (seconds_of(CLOCK_THREAD_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 20000; i++)
			;
}

/* The child's wait status; -1 if it had to be killed because it did not end in time. */
UNUSED static int wait_at_most(pid_t child, double seconds)
{
	int status;
	double end = seconds_of(CLOCK_MONOTONIC) + seconds;
	while (waitpid(child, &status, WNOHANG) == 0) {
		if (seconds_of(CLOCK_MONOTONIC) > end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return -1;
		}
		usleep(2000);
	}
	return status;
}

UNUSED static void print_ending(const char *what, int status)
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
UNUSED static int expect(int true_or_not, const char *what)
{
	if (!true_or_not)
		printf("not so: %s\n", what);
	return true_or_not;
}
