/* SPDX-License-Identifier: Apache-2.0 */
/* host.c -- the program that must not notice: two threads, a fork, a stop and a start; it always
 * prints the same and ends with 0.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONPROF_WEAK
#include "preload/conprof.h"

static double cpu_seconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t step(uint64_t x)
{
	for (int i = 0; i < 20000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

/* The same result however fast the machine is: the time is spent on steps that are thrown away. */
static void *burn(void *seconds)
{
	double until = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + *(double *)seconds;
	volatile uint64_t thrown_away = 1;
	while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < until)
		thrown_away = step(thrown_away);
	return NULL;
}

static uint64_t result(uint64_t x)
{
	for (int i = 0; i < 50; i++)
		x = step(x);
	return x;
}

/* Long enough for a worker, which comes after 0.1 s of CPU time. */
static double burst = 0.09;

static void burn_in_two_threads(void)
{
	pthread_t other;
	if (pthread_create(&other, NULL, burn, &burst)) {
		printf("no thread\n");
		return;
	}
	burn(&burst);
	pthread_join(other, NULL);
}

static int child(void)
{
	burn_in_two_threads();
	printf("child %016llx\n", (unsigned long long)result(2));
	return 3;
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	burn_in_two_threads();
	pid_t pid = fork();
	if (pid == 0)
		return child();
	int status = -1;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("no child\n");
	printf("child ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	if (conprof_stop)
		conprof_stop();
	if (conprof_start)
		conprof_start(NULL);
	burn_in_two_threads();
	printf("main %016llx\n", (unsigned long long)result(1));
	return 0;
}
