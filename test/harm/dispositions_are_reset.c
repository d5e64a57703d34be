/* SPDX-License-Identifier: Apache-2.0 */
/* dispositions_are_reset.c -- a program that resets all signals goes on, and sees them as it set
 * them.
 *
 * Each way is tried over and over, also when all that a library has had to begin has begun.
 *
 * harm: signals
 * level: P0
 * flags: -O2 -pthread -Wno-deprecated-declarations
 * naive: cpu
 */
#include "again.h"
#include <sys/syscall.h>

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static void by_sigaction(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigaction(signal, &action, NULL);
}

static void by_sigaction_ignoring(int signal)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	sigaction(signal, &action, NULL);
}

static void by_signal(int number)
{
	signal(number, SIG_DFL);
}

static void by_signal_ignoring(int number)
{
	signal(number, SIG_IGN);
}

static void by_system_v_signal(int number)
{
	sysv_signal(number, SIG_DFL);
}

static void by_sigset(int number)
{
	sigset(number, SIG_DFL);
}

static void by_sigignore(int number)
{
	sigignore(number);
}

static void by_system_call(int number)
{
	struct kernel_action action = {.handler = SIG_DFL};
	syscall(SYS_rt_sigaction, number, &action, NULL, 8);
}

/* A mask and flags that mean nothing, but have to be given back. */
static void with_all_flags(int number)
{
	struct sigaction action = {.sa_handler = SIG_DFL,
				   .sa_flags = SA_RESTART | SA_NODEFER | SA_ONSTACK | SA_SIGINFO};
	sigfillset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static const struct {
	const char *name;
	void (*reset)(int signal);
} ways[] = {
	{"sigaction", by_sigaction},
	{"sigaction, ignored", by_sigaction_ignoring},
	{"signal", by_signal},
	{"signal, ignored", by_signal_ignoring},
	{"sysv_signal", by_system_v_signal},
	{"sigset", by_sigset},
	{"sigignore", by_sigignore},
	{"system call", by_system_call},
	{"all flags", with_all_flags},
};

static const char *name_of(void (*handler)(int))
{
	return handler == SIG_DFL ? "default" : handler == SIG_IGN ? "ignored" : "handled";
}

/* In words, and once for signals that follow each other and are alike. */
static void print_all(void)
{
	char last[100] = "", text[100];
	for (int i = 1; i <= 64; i++) {
		struct sigaction action = {.sa_handler = SIG_DFL};
		int masked = 0, failed = sigaction(i, NULL, &action);
		for (int j = 1; j <= 64 && !failed; j++)
			masked += sigismember(&action.sa_mask, j) == 1;
		snprintf(text, sizeof text, "%s, flags %x, %d masked", name_of(action.sa_handler),
			 (unsigned)action.sa_flags & ~0x04000000u, masked);
		if (failed)
			snprintf(text, sizeof text, "refused");
		if (strcmp(text, last))
			printf("  from %d on: %s\n", i, text);
		strcpy(last, text);
	}
}

static void reset_all(int way, double before)
{
	printf("%s, after %g s\n", ways[way].name, before);
	burn(before);
	for (int round = 0; round < 5; round++) {
		for (int i = 1; i <= 64; i++)
			ways[way].reset(i);
		burn(0.01);
	}
	print_all();
	exit(0);
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.12};
	int count = (int)(sizeof ways / sizeof *ways);
	if (argc > 1)
		reset_all(atoi(argv[1]) / 2, before[atoi(argv[1]) % 2]);
	for (int i = 0; i < 2 * count; i++)
		run_case(i, ways[i / 2].name);
	return 0;
}
