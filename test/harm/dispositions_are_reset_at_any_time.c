/* SPDX-License-Identifier: Apache-2.0 */
/* dispositions_are_reset_at_any_time.c -- all signals are set to their default, once or all the
 * time, and nothing that comes kills the program.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "again.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile int is_over;

static int reset_by_sigaction(int number)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	return sigaction(number, &action, NULL);
}

static int reset_by_signal(int number)
{
	return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0;
}

/* The kernel's own structure, whose first word is the handler. */
static int reset_by_system_call(int number)
{
	unsigned long action[4] = {0};
	return (int)syscall(SYS_rt_sigaction, number, action, NULL, 8);
}

static int ignore(int number)
{
	return number == SIGCHLD || signal(number, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static void reset_all(int (*reset)(int))
{
	int done = 0;
	for (int number = 1; number <= 64; number++)
		done += reset(number) == 0;
	printf("%d reset\n", done);
}

static void reset_and_work(int (*reset)(int))
{
	reset_all(reset);
	burn(0.15);
	reset_all(reset);
	burn(0.15);
}

static void by_sigaction(void)
{
	reset_and_work(reset_by_sigaction);
}

static void by_signal(void)
{
	reset_and_work(reset_by_signal);
}

static void by_system_call(void)
{
	reset_and_work(reset_by_system_call);
}

static void to_be_ignored(void)
{
	reset_and_work(ignore);
}

static void *reset_for_ever(void *unused)
{
	while (!is_over) {
		for (int number = 1; number <= 64; number++)
			reset_by_sigaction(number);
		usleep(10000);
	}
	return unused;
}

static void all_the_time(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, reset_for_ever, NULL);
	burn(0.4);
	is_over = 1;
	printf("joined %d\n", pthread_join(thread, NULL));
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"by sigaction", by_sigaction},
						{"by signal", by_signal},
						{"by system call", by_system_call},
						{"to be ignored", to_be_ignored},
						{"all the time", all_the_time}};
	return RUN_CASES(argc, argv, cases);
}
