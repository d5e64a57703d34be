/* SPDX-License-Identifier: Apache-2.0 */
/* waits_for_every_signal.c -- who blocks all signals and waits for them gets those that were sent.
 *
 * Blocked in every way there is, before and after the first CPU time, by main and by a thread; then
 * CPU time is used, and what is pending or arrives by then is printed.
 *
 * harm: signals
 * level: P0
 * flags: -O2 -pthread -Wno-deprecated-declarations
 * naive: cpu
 */
#include "life.h"
#include "waiting.h"

static void by_pthread_sigmask(void)
{
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void by_sigprocmask(void)
{
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void by_sigblock(void)
{
	sigblock(-1);
}

static void by_sighold(void)
{
	for (int i = 1; i <= 64; i++)
		sighold(i);
}

static const struct way ways[] = {
	{"pthread_sigmask", by_pthread_sigmask},
	{"sigprocmask", by_sigprocmask},
	{"sighold", by_sighold},
	{"sigblock", by_sigblock},
};

int main(int argc, char **argv)
{
	return wait_in_cases(ways, sizeof ways / sizeof *ways, argc, argv);
}
