/* SPDX-License-Identifier: Apache-2.0 */
/* burns_in_threads.c -- burns_in_threads SECONDS: four threads use so much CPU time together, then
 * a child does. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../burn.h"

enum { THREADS = 4 };

static double seconds;

static void *work(void *argument)
{
	burn(seconds / THREADS);
	return argument;
}

static int work_in_threads(void)
{
	pthread_t threads[THREADS];
	int count = 0;
	while (count < THREADS && !pthread_create(&threads[count], NULL, work, NULL))
		count++;
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return count;
}

int main(int argc, char **argv)
{
	int status;
	seconds = argc > 1 ? strtod(argv[1], NULL) : 0.3;
	printf("%d threads\n", work_in_threads());
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(work_in_threads());
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 1;
	printf("%d threads in the child\n", WEXITSTATUS(status));
	return 0;
}
