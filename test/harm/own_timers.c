/* SPDX-License-Identifier: Apache-2.0 */
/* own_timers.c -- interval timers, alarms and CPU clocks of the program are its own, and exact.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "life.h"
#include <setjmp.h>
#include <sys/time.h>

static volatile sig_atomic_t heard;
static sigjmp_buf place;

static void hear(int signal)
{
	(void)signal;
	heard++;
}

static void jump_out(int signal)
{
	heard++;
	siglongjmp(place, signal);
}

static void print_timers(const char *when)
{
	static const int which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	printf("%s:", when);
	for (int i = 0; i < 3; i++) {
		struct itimerval now;
		getitimer(which[i], &now);
		printf(" %s", now.it_value.tv_sec || now.it_value.tv_usec ? "runs" : "rests");
	}
	printf("\n");
}

/* Every 10 ms of 0.3 s of CPU time. The kernel may be late by a tick of its own, and the time that
 * the library's thread uses is the process's as well. */
static const char *about_as_asked(void)
{
	return heard > 45 ? "too many" : heard < 15 ? "too few" : "as asked";
}

static void count(int which, int signal, const char *name)
{
	struct itimerval every = {{0, 10000}, {0, 10000}}, none = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};
	sigaction(signal, &action, NULL);
	heard = 0;
	setitimer(which, &every, NULL);
	burn(0.3);
	setitimer(which, &none, NULL);
	printf("%s: %s\n", name, about_as_asked());
}

/* Over and over out of what the handler has interrupted, which may be another handler. */
static void jump_all_the_time(void)
{
	struct itimerval every = {{0, 1000}, {0, 1000}}, none = {{0, 0}, {0, 0}};
	volatile int returned = 0;
	sigset_t mask;
	signal(SIGALRM, jump_out);
	heard = 0;
	double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + 0.4;
	setitimer(ITIMER_REAL, &every, NULL);
	if (sigsetjmp(place, 1))
		returned++;
	while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end)
		;
	setitimer(ITIMER_REAL, &none, NULL);
	signal(SIGALRM, SIG_IGN);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	int blocked = 0;
	for (int i = 1; i <= 64; i++)
		blocked += sigismember(&mask, i) == 1;
	/* the next signal may come before the last jump has been counted */
	printf("jumps: many %d, counted %d, blocked %d\n", heard > 20,
	       returned > 10 && returned <= heard, blocked);
}

static void await_alarm(void)
{
	signal(SIGALRM, hear);
	heard = 0;
	alarm(1000);
	burn(0.05);
	unsigned left = alarm(0);
	printf("alarm: %d\n", left > 900 && left <= 1000);
	struct itimerval once = {{0, 0}, {0, 30000}};
	sigset_t blocked, before;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	setitimer(ITIMER_REAL, &once, NULL);
	sigsuspend(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	printf("alarm: heard %d\n", (int)heard);
}

static void use_posix_timer(clockid_t clock, const char *name)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec every = {{0, 10000000}, {0, 10000000}};
	struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};
	sigaction(SIGRTMIN, &action, NULL);
	heard = 0;
	if (timer_create(clock, &event, &timer) || timer_settime(timer, 0, &every, NULL))
		printf("refused\n");
	burn(0.3);
	timer_delete(timer);
	printf("%s: %s\n", name, about_as_asked());
}

int main(void)
{
	print_timers("at start");
	jump_all_the_time();
	print_timers("after jumps");
	count(ITIMER_PROF, SIGPROF, "ITIMER_PROF");
	count(ITIMER_VIRTUAL, SIGVTALRM, "ITIMER_VIRTUAL");
	use_posix_timer(CLOCK_THREAD_CPUTIME_ID, "of the thread");
	use_posix_timer(CLOCK_PROCESS_CPUTIME_ID, "of the process");
	await_alarm();
	print_timers("at end");
	return 0;
}
