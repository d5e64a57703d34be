/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_with_threads.c -- threads that work are locked in, one by itself or all at once.
 *
 * harm: life
 * level: P0
 * naive: cpu
 */
#include "life.h"
#include "sandbox.h"
#include <pthread.h>

enum { THREADS = 3 };

static pthread_barrier_t locked;
static enum sandbox_way way;

/* Busy waits: a futex call is among those that kill. */
static volatile int ready;

static void *work(void *which)
{
	burn(0.03);
	pthread_barrier_wait(&locked);
	while (!ready)
		;
	if (way == SANDBOX_SYSCALL && which && sandbox_lock_in(SANDBOX_SYSCALL))
		_exit(1);
	for (;;)
		burn(0.1);
	return NULL;
}

static void live(void)
{
	pthread_t threads[THREADS];
	pthread_barrier_init(&locked, NULL, THREADS + 1);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	pthread_barrier_wait(&locked);
	usleep(10000);
	if (sandbox_lock_in(way))
		_exit(2);
	ready = 1;
	burn(0.1);
	_exit(7);
}

int main(void)
{
	for (way = SANDBOX_PRCTL; way <= SANDBOX_ALL_THREADS; way++) {
		pid_t child = fork();
		if (child == 0)
			live();
		print_ending("locked in", wait_at_most(child, 20));
	}
	return 0;
}
