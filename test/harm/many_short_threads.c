/* SPDX-License-Identifier: Apache-2.0 */
/* many_short_threads.c -- thousands of threads that hardly live are made, counted, and gone.
 *
 * harm: threads
 * level: P1
 * bound: 4.0
 */
#include "life.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8000, MAKERS = 2, AT_ONCE = 300 };

static atomic_int ran;

static void *live_shortly(void *argument)
{
	for (volatile int i = 0; i < 5000; i++)
		;
	atomic_fetch_add(&ran, 1);
	return argument;
}

static void *make_one_after_another(void *unused)
{
	long wrong = 0;
	for (long i = 0; i < THREADS / MAKERS; i++) {
		pthread_t thread;
		void *result = NULL;
		if (pthread_create(&thread, NULL, live_shortly, (void *)i))
			wrong++;
		else
			pthread_join(thread, &result);
		wrong += result != (void *)i;
	}
	(void)unused;
	return (void *)wrong;
}

static void make_at_once(void)
{
	static pthread_t threads[AT_ONCE];
	int made = 0;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < AT_ONCE; i++)
			made += !pthread_create(&threads[i], NULL, live_shortly, NULL);
		for (int i = 0; i < AT_ONCE; i++)
			pthread_join(threads[i], NULL);
	}
	printf("at once: %d\n", made);
}

int main(void)
{
	pthread_t makers[MAKERS];
	for (int i = 0; i < MAKERS; i++)
		pthread_create(&makers[i], NULL, make_one_after_another, NULL);
	for (int i = 0; i < MAKERS; i++) {
		void *wrong;
		pthread_join(makers[i], &wrong);
		printf("wrong: %ld\n", (long)wrong);
	}
	make_at_once();
	printf("ran: %d\n", atomic_load(&ran));
	return 0;
}
