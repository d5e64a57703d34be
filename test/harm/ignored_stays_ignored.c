/* SPDX-License-Identifier: Apache-2.0 */
/* ignored_stays_ignored.c -- what a program ignores, the programs that it starts ignore as well.
 *
 * Exec resets handlers to the default and leaves ignored signals ignored.
 *
 * harm: signals
 * level: P1
 */
#include "again.h"
#include <spawn.h>

extern char **environ;

static void print_ignored(const char *who)
{
	printf("  %s ignores", who);
	for (int i = 1; i <= 31; i++) {
		struct sigaction action;
		if (!sigaction(i, NULL, &action) && action.sa_handler == SIG_IGN)
			printf(" %d", i);
	}
	printf("\n");
	fflush(stdout);
}

static void spawn_one(void)
{
	char *const arguments[] = {"case", "100", NULL};
	pid_t child;
	if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ))
		printf("not spawned\n");
	else
		print_ending("  spawned", wait_at_most(child, 20));
}

static void live(double before, void (*set)(int, void (*)(int)))
{
	static const int signals[] = {SIGURG, SIGWINCH, SIGUSR1, SIGPIPE};
	for (int i = 0; i < 4; i++)
		set(signals[i], SIG_IGN);
	burn(before);
	print_ignored("one that began ignoring");
	spawn_one();
	set(SIGURG, SIG_DFL);
	set(SIGUSR1, SIG_DFL);
	burn(0.01);
	print_ignored("it, later,");
	fflush(stdout);
	execl("/proc/self/exe", "case", "101", NULL);
	_exit(1);
}

static void by_signal(int number, void (*handler)(int))
{
	signal(number, handler);
}

static void by_sigaction(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};
	sigaction(number, &action, NULL);
}

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.12};
	int number = argc > 1 ? atoi(argv[1]) : -1;
	if (number >= 100) {
		print_ignored("a program");
		burn(number == 101 ? 0.12 : 0.01);
		print_ignored("a program, later,");
		return 0;
	}
	if (number >= 0)
		live(before[number % 3], number / 3 ? by_sigaction : by_signal);
	for (int i = 0; i < 6; i++)
		run_case(i, "ended");
	return 0;
}
