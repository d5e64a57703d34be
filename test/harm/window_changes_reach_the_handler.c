/* SPDX-License-Identifier: Apache-2.0 */
/* window_changes_reach_the_handler.c -- not one is lost while threads that block SIGURG begin.
 *
 * harm: signals
 * level: P0
 */
#include "life.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { CHANGES = 20000 };

static volatile sig_atomic_t handled;
static atomic_int is_over;

static void count(int signal)
{
	(void)signal;
	handled++;
}

static void *end_at_once(void *unused)
{
	return unused;
}

static void *make_threads(void *unused)
{
	sigset_t urgent;
	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	pthread_sigmask(SIG_BLOCK, &urgent, NULL);
	while (!is_over) {
		pthread_t thread;
		if (!pthread_create(&thread, NULL, end_at_once, NULL))
			pthread_join(thread, NULL);
	}
	return unused;
}

/* It looks at once again, as a moment is all there may be to hit. */
static int is_lost(void)
{
	int before = handled;
	kill(getpid(), SIGWINCH);
	for (int i = 0; i < 20000 && handled == before; i++)
		;
	for (int i = 0; i < 200 && handled == before; i++)
		usleep(1000);
	return handled == before;
}

int main(void)
{
	struct sigaction action = {.sa_handler = count};
	pthread_t maker;
	int lost = 0;
	sigaction(SIGWINCH, &action, NULL);
	pthread_create(&maker, NULL, make_threads, NULL);
	for (int i = 0; i < CHANGES && lost < 5; i++)
		lost += is_lost();
	is_over = 1;
	pthread_join(maker, NULL);
	printf("lost: %s\n", lost ? "some" : "none");
	return 0;
}
