/* SPDX-License-Identifier: Apache-2.0 */
/* handlers_allocate_at_any_moment.c -- an allocator that handlers may call is interrupted by them.
 *
 * harm: memory
 * level: P0
 * preload: after=lib/bump.so
 * naive: lock
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "burn.h"

enum { PERIOD_NS = 300000, THREADS = 3, ROUNDS = 2000, BLOCKS = 200 };

static volatile sig_atomic_t handled, faults;

static void allocate_again(int number)
{
	(void)number;
	char *block = malloc(100), *moved;
	memset(block, 0x3c, 100);
	moved = realloc(block, 300);
	faults += moved[0] != 0x3c || moved[99] != 0x3c;
	free(moved);
	free(calloc(3, 5));
	handled++;
}

static void begin_timer(void)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec every = {{0, PERIOD_NS}, {0, PERIOD_NS}};
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = allocate_again}, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &every, NULL);
}

/* No more than an arena has room for. */
static void *allocate(void *unused)
{
	double until = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + 0.15;
	for (int i = 0; i < ROUNDS && cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < until; i++)
		for (int j = 0; j < BLOCKS; j++)
			free(realloc(malloc(16), 24));
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS];
	burn(0.12);
	begin_timer();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, allocate, NULL);
	allocate(NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	signal(SIGUSR1, SIG_IGN);
	printf("handled: %d, %d faults\n", handled > 100, (int)faults);
	return 0;
}
