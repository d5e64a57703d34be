/* SPDX-License-Identifier: Apache-2.0 */
/* environment_changes_all_the_time.c -- threads set, unset and clear variables, and fork, while
 * profiles are sent.
 *
 * harm: data
 * level: P0
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

enum { THREADS = 4, VARIABLES = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under a lock of the program's own, as getenv is not safe beside setenv. */
static int change(unsigned thread, unsigned i)
{
	char name[64], value[4000];
	snprintf(name, sizeof name, i % 7 ? "VARIABLE_%u_%u" : "CONPROF_VARIABLE_%u_%u", thread,
		 i % VARIABLES);
	memset(value, 'a' + (char)(i % 26), sizeof value);
	value[1 + i * 31 % 3900] = 0;
	pthread_mutex_lock(&lock);
	setenv(name, value, 1);
	const char *found = getenv(name);
	int fault = !found || strcmp(found, value) != 0;
	if (i % 3 == 0)
		unsetenv(name);
	if (i % 1000 == 999)
		clearenv();
	pthread_mutex_unlock(&lock);
	return fault;
}

static void *storm(void *argument)
{
	size_t faults = 0;
	unsigned thread = (unsigned)(size_t)argument;
	double until = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + 0.35;
	for (unsigned i = 0; cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < until; i++)
		faults += (size_t)change(thread, i);
	return (void *)faults;
}

static int forks_fail(void)
{
	int failed = 0;
	for (int i = 0; i < 50; i++) {
		int status = -1;
		pthread_mutex_lock(&lock);
		pid_t child = fork();
		if (child == 0) {
			setenv("OF_THE_CHILD", "1", 1);
			_exit(getenv("OF_THE_CHILD") ? 0 : 1);
		}
		pthread_mutex_unlock(&lock);
		waitpid(child, &status, 0);
		failed += status != 0;
	}
	return failed;
}

int main(void)
{
	pthread_t threads[THREADS];
	size_t faults = 0;
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, storm, (void *)i);
	int failed = forks_fail();
	for (size_t i = 0; i < THREADS; i++) {
		void *found;
		pthread_join(threads[i], &found);
		faults += (size_t)found;
	}
	printf("%zu faults, %d children failed\n", faults, failed);
	return 0;
}
