/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c -- plain [NAME=VALUE ...]: threads and a fork; with settings it begins anew under them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double cpu_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void spend_time_here(double seconds);

__attribute__((noinline)) void spend_time_here(double seconds)
{
	double until = cpu_seconds() + seconds;
	while (cpu_seconds() < until)
		for (volatile int i = 0; i < 10000; i++)
			;
}

static void *work(void *argument)
{
	spend_time_here(0.2);
	return argument;
}

static int work_in_threads(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	work(NULL);
	return pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	int status = -1;
	char *again[] = {argv[0], NULL};
	for (int i = 1; i < argc; i++)
		if (putenv(argv[i]))
			return 1;
	if (argc > 1)
		return execv(again[0], again);
	printf("threads %d\n", work_in_threads());
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(7 + work_in_threads());
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}
