/* SPDX-License-Identifier: Apache-2.0 */
/* signals_left_for_the_program.c -- threads that come and go use up no signals, timers or memory.
 *
 * Each POSIX timer and each queued signal takes one of what RLIMIT_SIGPENDING grants to a user.
 *
 * harm: threads
 * level: P0
 * naive: leak
 * needs: root
 */
#include "fresh_user.h"
#include "status.h"
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

enum { LIMIT = 64, MANY = 200, LIVING = 60, TIMERS = 4 };

static void *compute(void *unused)
{
	burn(0.001);
	return unused;
}

static pthread_barrier_t begun, looked;

static void *compute_and_stay(void *unused)
{
	burn(0.002);
	pthread_barrier_wait(&begun);
	pthread_barrier_wait(&looked);
	return unused;
}

static void become_limited(void)
{
	struct rlimit limit = {LIMIT, LIMIT};
	setrlimit(RLIMIT_SIGPENDING, &limit);
	become_fresh_user();
}

static void use_signals(const char *when)
{
	timer_t timers[TIMERS];
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	int made = 0, queued = 0;
	while (made < TIMERS && !timer_create(CLOCK_MONOTONIC, &event, &timers[made]))
		made++;
	while (queued < TIMERS && !sigqueue(getpid(), SIGRTMIN, (union sigval){0}))
		queued++;
	printf("%s: %d timers, %d signals\n", when, made, queued);
	for (int i = 0; i < made; i++)
		timer_delete(timers[i]);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	for (int i = 0; i < queued; i++)
		sigwaitinfo(&set, NULL);
}

static void make_many(void)
{
	pthread_t thread;
	for (int i = 0; i < MANY; i++) {
		if (pthread_create(&thread, NULL, compute, NULL))
			printf("no thread\n");
		else
			pthread_join(thread, NULL);
	}
}

static void make_living(void)
{
	pthread_t threads[LIVING];
	pthread_barrier_init(&begun, NULL, LIVING + 1);
	pthread_barrier_init(&looked, NULL, LIVING + 1);
	for (int i = 0; i < LIVING; i++)
		if (pthread_create(&threads[i], NULL, compute_and_stay, NULL))
			exit(4);
	pthread_barrier_wait(&begun);
	use_signals("with many living");
	pthread_barrier_wait(&looked);
	for (int i = 0; i < LIVING; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	become_limited();
	burn(0.12);
	use_signals("at first");
	long before = status_value("SigQ:");
	make_many();
	use_signals("after many");
	make_living();
	use_signals("after those");
	printf("as many in use as before: %d\n", status_value("SigQ:") <= before);
	return 0;
}
