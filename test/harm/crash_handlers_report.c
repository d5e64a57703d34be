/* SPDX-License-Identifier: Apache-2.0 */
/* crash_handlers_report.c -- the program's own handlers of fatal signals work and end as they do.
 *
 * harm: life
 * level: P0
 * naive: segv, altstack
 */
#include "life.h"
#include <execinfo.h>
#include <sys/resource.h>

enum { ALTERNATE_STACK = 256 << 10 };

static volatile int *volatile nowhere;

static int on_alternate_stack(void)
{
	stack_t now;
	sigaltstack(NULL, &now);
	return (now.ss_flags & SS_ONSTACK) != 0;
}

static void report(int signal, siginfo_t *info, void *context)
{
	void *frames[32];
	(void)context;
	burn(0.06);
	int depth = backtrace(frames, 32);
	printf("signal %d at %p, alternate stack %d, frames %d\n", signal,
	       signal == SIGSEGV ? info->si_addr : NULL, on_alternate_stack(), depth > 3);
	fflush(stdout);
}

static void report_and_raise_again(int signal, siginfo_t *info, void *context)
{
	report(signal, info, context);
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigaction(signal, &action, NULL);
	raise(signal);
}

static void handle(int signal, int flags)
{
	struct sigaction before,
		action = {.sa_sigaction = report_and_raise_again, .sa_flags = SA_SIGINFO | flags};
	sigaction(signal, &action, &before);
	printf("default before %d\n", before.sa_handler == SIG_DFL);
}

static void crash(int signal, int flags)
{
	stack_t before, stack = {.ss_sp = malloc(ALTERNATE_STACK), .ss_size = ALTERNATE_STACK};
	sigaltstack(&stack, &before);
	printf("alternate stack before: %d\n", !(before.ss_flags & SS_DISABLE));
	handle(signal, flags);
	burn(0.12);
	if (signal == SIGSEGV)
		*nowhere = 1;
	abort();
}

int main(void)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGSEGV};
	struct rlimit no_core = {0, 0};
	setrlimit(RLIMIT_CORE, &no_core);
	for (int i = 0; i < 3; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			crash(signals[i], i == 2 ? SA_ONSTACK : 0);
		print_ending("crash", wait_at_most(child, 20));
	}
	return 0;
}
