/* SPDX-License-Identifier: Apache-2.0 */
/* timers_and_queued_signals_are_counted.c -- a program finds room for its own timers and queued
 * signals under RLIMIT_SIGPENDING, after many threads and beside many.
 *
 * harm: threads
 * level: P0
 * naive: leak, cpu
 * needs: root
 */
#include "again.h"
#include "fresh_user.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

enum { LIMIT = 64, LIVING = 60, JOINED = 200, WANTED = 8 };

static sem_t may_end;

static void *live_briefly(void *unused)
{
	burn(0.0005);
	return unused;
}

static void *live_on(void *unused)
{
	burn(0.002);
	sem_wait(&may_end);
	return unused;
}

static void begin(void)
{
	struct rlimit limit = {LIMIT, LIMIT};
	sem_init(&may_end, 0, 0);
	become_fresh_user();
	expect(!setrlimit(RLIMIT_SIGPENDING, &limit), "limit");
}

static void take_what_is_wanted(const char *when)
{
	timer_t timers[WANTED];
	int made = 0, error = 0, queued = 0;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	while (made < WANTED / 2 && !timer_create(CLOCK_MONOTONIC, &event, &timers[made]))
		made++;
	error = made < WANTED / 2 ? errno : 0;
	while (queued < WANTED / 2 && !sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1}))
		queued++;
	printf("%s: %d timers, %s, %d signals queued\n", when, made, strerrorname_np(error),
	       queued);
	while (made)
		timer_delete(timers[--made]);
	struct timespec none = {0, 0};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	while (sigtimedwait(&set, NULL, &none) == SIGRTMIN)
		;
}

static void block_queued(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void after_many(void)
{
	pthread_t thread;
	begin();
	block_queued();
	burn(0.15);
	for (int i = 0; i < JOINED; i++) {
		pthread_create(&thread, NULL, live_briefly, NULL);
		pthread_join(thread, NULL);
	}
	take_what_is_wanted("after many threads");
	burn(0.05);
	take_what_is_wanted("later");
}

static void beside_many(void)
{
	pthread_t threads[LIVING];
	begin();
	block_queued();
	burn(0.05);
	for (int i = 0; i < LIVING; i++)
		pthread_create(&threads[i], NULL, live_on, NULL);
	burn(0.15);
	take_what_is_wanted("beside many threads");
	for (int i = 0; i < LIVING; i++)
		sem_post(&may_end);
	for (int i = 0; i < LIVING; i++)
		pthread_join(threads[i], NULL);
	take_what_is_wanted("afterwards");
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"after many", after_many},
						{"beside many", beside_many}};
	return RUN_CASES(argc, argv, cases);
}
