/* SPDX-License-Identifier: Apache-2.0 */
/* ignored_signals_stay_so_across_exec.c -- what a program ignores or blocks, the one it executes
 * begins with, and no more.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 */
#include "life.h"

static const char *inherited(int number)
{
	struct sigaction action;
	return sigaction(number, NULL, &action) ? "none"
	       : action.sa_handler == SIG_IGN	? "ignored"
	       : action.sa_handler == SIG_DFL	? "default"
						: "handled";
}

static void show(void)
{
	sigset_t mask;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < 32; number++)
		printf("%d: %s%s\n", number, inherited(number),
		       sigismember(&mask, number) ? ", blocked" : "");
}

/* By bits of the argument: ignored, blocked. */
static void change(int which)
{
	static const int changed[] = {SIGURG, SIGWINCH, SIGPROF, SIGUSR1, SIGPIPE};
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < 5; i++) {
		sigaddset(&set, changed[i]);
		signal(changed[i], which & 1 ? SIG_IGN : SIG_DFL);
	}
	sigprocmask(which & 2 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
	int round = argc > 1 ? atoi(argv[1]) : 0;
	char number[16];
	printf("round %d\n", round);
	show();
	burn(0.15);
	show();
	fflush(stdout);
	if (round == 4)
		return 0;
	change(round);
	snprintf(number, sizeof number, "%d", round + 1);
	execl("/proc/self/exe", argv[0], number, NULL);
	return 1;
}
