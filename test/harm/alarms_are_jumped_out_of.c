/* SPDX-License-Identifier: Apache-2.0 */
/* alarms_are_jumped_out_of.c -- a handler that comes a thousand times a second never returns but
 * jumps, wherever the program just was.
 *
 * harm: signals
 * level: P0
 * naive: cpu, onstack+eatstack
 */
#include "life.h"
#include <setjmp.h>
#include <sys/time.h>

enum { JUMPS = 600, ROOM = 8192 };

static sigjmp_buf back;
static volatile int jumps, may_jump;
static char room[ROOM] __attribute__((aligned(16)));

static void jump(int number)
{
	(void)number;
	jumps++;
	if (may_jump)
		siglongjmp(back, 1);
}

static void take_alarms_again(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The mask comes back by hand where it would come back too early: while the jump is still on the
 * alternate stack, on which the next alarm would then begin in the middle. */
static void jump_often(int flags)
{
	struct sigaction action = {.sa_handler = jump, .sa_flags = flags};
	struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
	sigset_t mask;
	jumps = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	sigsetjmp(back, 0);
	may_jump = 1;
	take_alarms_again();
	while (jumps < JUMPS)
		;
	may_jump = 0;
	setitimer(ITIMER_REAL, &never, NULL);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number <= 64; number++)
		if (sigismember(&mask, number) == 1)
			printf("%d is blocked\n", number);
	printf("jumped often enough: %d\n", jumps >= JUMPS);
}

int main(void)
{
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
	burn(0.15);
	jump_often(0);
	sigaltstack(&stack, NULL);
	jump_often(SA_ONSTACK);
	burn(0.05);
	sigaltstack(NULL, &stack);
	printf("alternate stack: flags %d, size %zu\n", stack.ss_flags, stack.ss_size);
	return 0;
}
