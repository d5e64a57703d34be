/* SPDX-License-Identifier: Apache-2.0 */
/* masks_are_inherited.c -- threads and programs that are born with signals blocked find those sent.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "again.h"
#include <pthread.h>

static sigset_t all;

static void print_pending(const char *who)
{
	sigset_t pending, blocked;
	int count = 0;
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	for (int i = 1; i <= 64; i++)
		count += sigismember(&blocked, i) == 1;
	sigpending(&pending);
	printf("%s: %d blocked, pending", who, count);
	for (int i = 1; i <= 64; i++)
		if (sigismember(&pending, i) == 1)
			printf(" %d", i);
	printf("\n");
}

static void *compute(void *who)
{
	burn(0.03);
	print_pending(who);
	return NULL;
}

static void by_caller(void)
{
	pthread_t thread;
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	pthread_create(&thread, NULL, compute, "thread of one that blocks");
	pthread_join(thread, NULL);
	compute("itself");
}

static void by_attribute(void)
{
	pthread_t thread;
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setsigmask_np(&attributes, &all);
	pthread_create(&thread, &attributes, compute, "thread with attributes");
	pthread_join(thread, NULL);
}

static void by_fork(void)
{
	sigprocmask(SIG_SETMASK, &all, NULL);
	pid_t child = fork();
	if (child == 0) {
		compute("child");
		exit(0);
	}
	print_ending("child", wait_at_most(child, 20));
}

/* In a loop that leaves the kernel no moment to be rid of a signal. */
static void by_turns(void)
{
	sigset_t before;
	int seen = 0;
	for (int i = 0; i < 2000; i++) {
		sigset_t pending;
		pthread_sigmask(SIG_SETMASK, &all, &before);
		for (volatile int j = 0; j < 20000; j++)
			;
		sigpending(&pending);
		for (int j = 1; j <= 64; j++)
			seen += sigismember(&pending, j) == 1;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	printf("by turns: %d\n", seen);
}

static void by_exec(void)
{
	sigprocmask(SIG_SETMASK, &all, NULL);
	execl("/proc/self/exe", "case", "100", NULL);
	_exit(1);
}

static const struct {
	const char *name;
	void (*live)(void);
} ways[] = {{"caller", by_caller},
	    {"attribute", by_attribute},
	    {"fork", by_fork},
	    {"turns", by_turns},
	    {"exec", by_exec}};

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	int number = argc > 1 ? atoi(argv[1]) : -1;
	sigfillset(&all);
	if (number == 100) {
		compute("program");
		burn(0.1);
		print_pending("later");
		return 0;
	}
	if (number >= 0) {
		burn(before[number % 3]);
		ways[number / 3].live();
		return 0;
	}
	for (int i = 0; i < 3 * (int)(sizeof ways / sizeof *ways); i++)
		run_case(i, ways[i / 3].name);
	return 0;
}
