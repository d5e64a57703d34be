/* SPDX-License-Identifier: Apache-2.0 */
/* stopped_and_continued.c -- a busy program that is stopped again and again goes on where it was.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "again.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

enum { STOPS = 12 };

static void *work(void *unused)
{
	burn(0.3);
	return unused;
}

static int live(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, work, NULL);
	burn(0.3);
	pthread_join(thread, NULL);
	/* a stop interrupts these few, with or without a handler; a tick none */
	sem_t never;
	struct timespec end;
	sem_init(&never, 0, 0);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	sem_timedwait(&never, &end);
	return errno == ETIMEDOUT ? 11 : 12;
}

/* Returns when it has really stopped, so that each stop is one. */
static int stop_and_continue(pid_t child)
{
	int status = 0;
	kill(child, SIGSTOP);
	if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status))
		return 0;
	usleep(15000);
	kill(child, SIGCONT);
	return waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status);
}

int main(void)
{
	int stops = 0;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(live());
	for (int i = 0; i < STOPS; i++) {
		usleep(10000);
		stops += stop_and_continue(child);
	}
	printf("%d of %d stops\n", stops, STOPS);
	print_ending("child", wait_at_most(child, CASE_SECONDS));
	return 0;
}
