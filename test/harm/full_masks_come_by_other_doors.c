/* SPDX-License-Identifier: Apache-2.0 */
/* full_masks_come_by_other_doors.c -- who comes to block all signals by a jump gets only those
 * sent.
 *
 * The C library has no function there that is called by name: it restores the mask that belongs to
 * a context or to a place that is jumped to.
 *
 * harm: signals
 * level: P1
 * naive: cpu
 */
#include "life.h"
#include "waiting.h"
#include <setjmp.h>
#include <sys/syscall.h>
#include <ucontext.h>

static void by_system_call(void)
{
	unsigned long mask = ~0ul;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static void by_jumping(void)
{
	static __thread sigjmp_buf place;
	sigset_t before;
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (sigsetjmp(place, 1))
		return;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	siglongjmp(place, 1);
}

static void by_context(void)
{
	ucontext_t context;
	volatile int been_here = 0;
	getcontext(&context);
	if (been_here++)
		return;
	context.uc_sigmask = all;
	setcontext(&context);
}

static const struct way ways[] = {
	{"system call", by_system_call},
	{"siglongjmp", by_jumping},
	{"setcontext", by_context},
};

int main(int argc, char **argv)
{
	return wait_in_cases(ways, sizeof ways / sizeof *ways, argc, argv);
}
