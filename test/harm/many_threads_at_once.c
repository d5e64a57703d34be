/* SPDX-License-Identifier: Apache-2.0 */
/* many_threads_at_once.c -- two thousand threads live together, work a little and are counted.
 *
 * harm: threads
 * level: P0
 * naive: thread, tls
 */
#include "life.h"
#include "tasks.h"
#include <pthread.h>
#include <sys/resource.h>

/* The address space holds the stacks of these, and nobody else's. */
enum { THREADS = 2000, STACK = 32768 };

static pthread_barrier_t barrier;

static void *work(void *argument)
{
	void *block = malloc(1000);
	burn(0.0001);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	free(block);
	return argument;
}

static int count_tasks(void)
{
	static pid_t tasks[2 * THREADS];
	int found = list_tasks(tasks, 2 * THREADS), count = 0;
	for (int i = 0; i < found && i < 2 * THREADS; i++)
		count += !is_of_library(tasks[i]);
	return count;
}

/* The library's thread has the name of another for the moment before it takes its own. */
static int count_after_naps(int wanted)
{
	int count = 0;
	for (int nap = 0; nap < NAPS && (count = count_tasks()) != wanted; nap++)
		usleep(1000);
	return count;
}

int main(void)
{
	static pthread_t threads[THREADS];
	pthread_attr_t attributes;
	int made = 0, right = 0;
	void *result;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	while (made < THREADS &&
	       !pthread_create(&threads[made], &attributes, work, (void *)(size_t)made))
		made++;
	if (made < THREADS) {
		printf("only %d\n", made);
		return 1;
	}
	pthread_barrier_wait(&barrier);
	printf("%d threads\n", count_after_naps(THREADS + 1));
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		right += pthread_join(threads[i], &result) == 0 && result == (void *)(size_t)i;
	printf("%d joined\n", right);
	burn(0.05);
	printf("%d thread\n", count_after_naps(1));
	return 0;
}
