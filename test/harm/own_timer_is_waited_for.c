/* SPDX-License-Identifier: Apache-2.0 */
/* own_timer_is_waited_for.c -- sigtimedwait finds the program's own timers on the signals of ticks.
 *
 * harm: signals
 * level: P1
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "burn.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* Expires once, at once, for this thread alone or for the whole process. */
static timer_t expire(int signal, int notify, int value)
{
	struct sigevent event;
	struct itimerspec soon = {.it_value = {0, 1000000}};
	timer_t timer;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = notify;
	event.sigev_signo = signal;
	event.sigev_value.sival_int = value;
	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &soon, NULL);
	return timer;
}

static void wait_for(int signal, const sigset_t *set, int notify, int value)
{
	struct timespec most = {2, 0};
	siginfo_t info = {0};
	timer_t timer = expire(signal, notify, value);

	burn(0.02);
	int got = sigtimedwait(set, &info, &most);
	printf("signal %d, code %d, value %d\n", got, info.si_code, info.si_value.sival_int);
	timer_delete(timer);
}

int main(void)
{
	static const int signals[] = {SIGURG, SIGWINCH};

	burn(0.2); /* the worker is there */
	for (int i = 0; i < 2; i++) {
		sigset_t set, before;

		sigemptyset(&set);
		sigaddset(&set, signals[i]);
		sigprocmask(SIG_BLOCK, &set, &before);
		wait_for(signals[i], &set, SIGEV_THREAD_ID, 0);
		wait_for(signals[i], &set, SIGEV_THREAD_ID, 77);
		wait_for(signals[i], &set, SIGEV_SIGNAL, 5);
		sigprocmask(SIG_SETMASK, &before, NULL);
		burn(0.1);
	}
	return 0;
}
