/* SPDX-License-Identifier: Apache-2.0 */
/* alarms_and_sleeps.c -- alarm, sleep and interval timers return what is left of them, and come
 * once.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <errno.h>
#include <sys/time.h>

static volatile int alarms;

static void count(int number)
{
	(void)number;
	alarms++;
}

static void show_timer(const char *what, int which)
{
	struct itimerval value;
	getitimer(which, &value);
	printf("%s: runs %d, each %ld.%06ld\n", what,
	       value.it_value.tv_sec || value.it_value.tv_usec, value.it_interval.tv_sec,
	       value.it_interval.tv_usec);
}

static void show_timers(const char *what)
{
	show_timer(what, ITIMER_REAL);
	show_timer(what, ITIMER_VIRTUAL);
	show_timer(what, ITIMER_PROF);
}

/* Ticks between the sleeps would cut them short. */
static void sleep_often(void)
{
	int early = 0;
	for (int i = 0; i < 30; i++) {
		struct timespec moment = {0, 5000000}, left = {0, 0};
		burn(0.003);
		early += nanosleep(&moment, &left) != 0 || left.tv_nsec;
	}
	printf("%d slept too little\n", early);
	printf("sleep left %u\n", sleep(1));
}

static void be_alarmed(void)
{
	struct itimerval once = {{0, 0}, {0, 30000}};
	setitimer(ITIMER_REAL, &once, NULL);
	int result = pause();
	printf("pause: %d %s, %d alarms\n", result, strerrorname_np(errno), alarms);
	alarm(1);
	result = sleep(30) > 27;
	printf("sleep was interrupted: %d, %d alarms\n", result, alarms);
}

int main(void)
{
	struct itimerval far = {{1000, 250000}, {1000, 0}}, old;
	struct sigaction action = {.sa_handler = count};
	sigaction(SIGALRM, &action, NULL);
	show_timers("at first");
	printf("alarm left %u\n", alarm(1000));
	burn(0.2);
	unsigned left = alarm(0);
	printf("alarm left about 1000: %d\n", left > 900 && left <= 1000);
	setitimer(ITIMER_PROF, &far, NULL);
	setitimer(ITIMER_VIRTUAL, &far, NULL);
	burn(0.1);
	show_timers("later");
	setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 0}}, &old);
	printf("profiling timer used little: %d\n", old.it_value.tv_sec > 900);
	sleep_often();
	be_alarmed();
	return 0;
}
