/* SPDX-License-Identifier: Apache-2.0 */
/* default_ignored_signals_of_its_own.c -- a program that handles SIGURG, SIGWINCH or SIGPROF gets
 * exactly those that were sent, from whom they were sent, and none else.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "again.h"
#include <pthread.h>

enum { SENT = 40, NOTES = 4096 };

static struct {
	int number, code, value;
	pid_t sender;
} notes[NOTES];
static volatile int count;

static void note(int number, siginfo_t *info, void *context)
{
	(void)context;
	int at = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
	if (at >= NOTES)
		return;
	notes[at].number = number;
	notes[at].code = info->si_code;
	notes[at].sender = info->si_code == SI_TIMER ? 0 : info->si_pid;
	notes[at].value = info->si_code == SI_QUEUE ? info->si_value.sival_int : 0;
}

/* By kill and by sigqueue, in turn; the next when the last has arrived. */
static void send_and_wait(int number)
{
	union sigval value = {.sival_int = 42};
	for (int i = 0; i < SENT; i++) {
		int before = count;
		if (i % 2)
			sigqueue(getpid(), number, value);
		else
			kill(getpid(), number);
		for (int nap = 0; count == before && nap < 2000; nap++)
			usleep(1000);
		burn(0.002);
	}
}

static void show(int number)
{
	int by_kill = 0, by_queue = 0, from_others = 0, strange = 0;
	for (int i = 0; i < count && i < NOTES; i++) {
		by_kill += notes[i].code == SI_USER;
		by_queue += notes[i].code == SI_QUEUE && notes[i].value == 42;
		from_others += notes[i].sender != getpid();
		strange += notes[i].number != number;
	}
	printf("%d: %d received, %d by kill, %d by queue, %d from others, %d strange\n", number,
	       count, by_kill, by_queue, from_others, strange);
	count = 0;
}

static void use(int number, double before)
{
	struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART}, old;
	burn(before);
	sigaction(number, &action, &old);
	printf("%d was %s\n", number, old.sa_handler == SIG_DFL ? "default" : "not default");
	burn(0.1);
	send_and_wait(number);
	show(number);
	sigaction(number, &old, &action);
	printf("%d is ours: %d, flags %#x\n", number, action.sa_sigaction == note,
	       (unsigned)action.sa_flags & ~0x04000000u);
	burn(0.05);
	kill(getpid(), SIGURG);
	kill(getpid(), SIGWINCH);
	burn(0.05);
	show(number);
}

static void urgent_at_once(void)
{
	use(SIGURG, 0);
}

static void urgent_early(void)
{
	use(SIGURG, 0.05);
}

static void urgent_later(void)
{
	use(SIGURG, 0.3);
}

static void window_later(void)
{
	use(SIGWINCH, 0.2);
}

static void profile_later(void)
{
	use(SIGPROF, 0.2);
}

static void *work(void *unused)
{
	burn(0.3);
	return unused;
}

static void both_with_threads(void)
{
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	use(SIGURG, 0.1);
	use(SIGWINCH, 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"urgent data at once", urgent_at_once}, {"urgent data early", urgent_early},
		{"urgent data later", urgent_later},	 {"window size later", window_later},
		{"profile later", profile_later},	 {"both with threads", both_with_threads}};
	return RUN_CASES(argc, argv, cases);
}
