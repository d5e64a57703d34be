/* SPDX-License-Identifier: Apache-2.0 */
/* profiles_itself.c -- a program with interval timers and handlers of its own gets as many ticks as
 * before, at the same intervals of its CPU time.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "life.h"
#include <sys/time.h>

enum { PERIOD_US = 10000 };

static volatile int ticks[65];
static volatile int surprises;

static void count(int number, siginfo_t *info, void *context)
{
	(void)context;
	ticks[number]++;
	surprises += info->si_code != SI_KERNEL && info->si_code != SI_TIMER;
}

static void handle(int number)
{
	struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigaction(number, &action, NULL);
}

static void tick(int which, int period_us)
{
	struct itimerval every = {{0, period_us}, {0, period_us}};
	setitimer(which, &every, NULL);
}

/* Within what the kernel's own clock leaves open; without a timer not one. */
static void show(const char *what, int number, double seconds)
{
	double per_second = ticks[number] / seconds;
	const char *how_many = !ticks[number]			? "none"
			       : per_second < 50		? "too few"
			       : per_second < 1.3e6 / PERIOD_US ? "about 100 a second"
								: "too many";
	printf("%s: %s\n", what, how_many);
}

int main(void)
{
	struct itimerval value;
	handle(SIGPROF);
	handle(SIGVTALRM);
	burn(0.25);
	show("before, SIGPROF", SIGPROF, 0.25);
	show("before, SIGVTALRM", SIGVTALRM, 0.25);
	tick(ITIMER_PROF, PERIOD_US);
	tick(ITIMER_VIRTUAL, PERIOD_US);
	burn(0.5);
	getitimer(ITIMER_PROF, &value);
	printf("period %ld us\n", value.it_interval.tv_usec);
	tick(ITIMER_PROF, 0);
	tick(ITIMER_VIRTUAL, 0);
	show("SIGPROF", SIGPROF, 0.5);
	show("SIGVTALRM", SIGVTALRM, 0.5);
	printf("not from a timer: %d\n", surprises);
	return 0;
}
