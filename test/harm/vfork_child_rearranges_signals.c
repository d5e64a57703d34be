/* SPDX-License-Identifier: Apache-2.0 */
/* vfork_child_rearranges_signals.c -- what a vfork child sets holds for it and for it alone.
 *
 * The child runs in the parent's memory: whatever is remembered there of its calls is wrong after.
 *
 * harm: life
 * level: P0
 */
#include "life.h"
#include <sys/prctl.h>

enum { ROUNDS = 200 };

static void rearrange(void)
{
	sigset_t all;
	sigfillset(&all);
	for (int i = 1; i < NSIG; i++)
		signal(i, i % 2 ? SIG_DFL : SIG_IGN);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	close(0);
	_exit(3);
}

static int blocked(void)
{
	sigset_t now;
	int count = 0;
	sigprocmask(SIG_SETMASK, NULL, &now);
	for (int i = 1; i < NSIG; i++)
		count += sigismember(&now, i) == 1;
	return count;
}

static volatile sig_atomic_t heard;

static void hear(int signal)
{
	heard += signal;
}

static int ended_well(void)
{
	int status;
	pid_t child = vfork();
	if (child == 0)
		rearrange();
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 3;
}

int main(void)
{
	int well = 0;
	signal(SIGUSR1, hear);
	for (int i = 0; i < ROUNDS; i++) {
		burn(0.002);
		well += ended_well();
	}
	raise(SIGUSR1);
	printf("children as expected: %d of %d\n", well, ROUNDS);
	printf("blocked %d, heard %d, no new privileges %d\n", blocked(), heard == SIGUSR1,
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}
