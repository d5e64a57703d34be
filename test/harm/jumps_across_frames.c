/* SPDX-License-Identifier: Apache-2.0 */
/* jumps_across_frames.c -- longjmp out of deep calls, out of handlers, and off alternate stacks.
 *
 * harm: unwinding
 * level: P0
 */
#include "life.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>

enum { ROUNDS = 3000, ALTERNATE_STACK = 64 << 10 };

static sigjmp_buf landing;
static volatile int *volatile hole;
static volatile sig_atomic_t alarms;

__attribute__((noinline)) static int dive(int depth)
{
	volatile char room[200];
	room[0] = (char)depth;
	for (volatile int i = 0; i < 20000; i++)
		;
	if (depth == 0)
		siglongjmp(landing, 2);
	return dive(depth - 1) + room[0];
}

static void leave(int signal)
{
	(void)signal;
	siglongjmp(landing, 3);
}

static void count(int signal)
{
	alarms += signal == SIGALRM;
}

/* The implicit null check of language runtimes. */
static int fault(void)
{
	return *hole;
}

int main(void)
{
	int arrived[4] = {0};
	stack_t stack = {.ss_sp = malloc(ALTERNATE_STACK), .ss_size = ALTERNATE_STACK};
	struct sigaction faults = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
	struct sigaction alarm = {.sa_handler = count, .sa_flags = SA_RESTART};
	struct itimerval period = {{0, 5000}, {0, 5000}};
	hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &faults, NULL);
	sigaction(SIGALRM, &alarm, NULL);
	setitimer(ITIMER_REAL, &period, NULL);
	for (volatile int i = 0; i < ROUNDS; i++) {
		int from = sigsetjmp(landing, 1);
		arrived[from]++;
		if (from == 0)
			i % 2 ? dive(i % 60) : fault();
	}
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
	printf("set out %d, from below %d, from handlers %d, alarms %d\n", arrived[0], arrived[2],
	       arrived[3], alarms > 0);
	return 0;
}
