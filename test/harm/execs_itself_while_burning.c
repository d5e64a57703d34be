/* SPDX-License-Identifier: Apache-2.0 */
/* execs_itself_while_burning.c -- a program that execs itself all the time is killed by no signal.
 *
 * What is pending at that moment meets the dispositions of the new program, which are the default.
 * Every tenth one lives long enough for the worker to be born, and every other execs from a thread.
 *
 * harm: signals
 * level: P0
 * naive: tgkill
 * bound: 6.0
 */
#include "life.h"
#include <pthread.h>

enum { TIMES = 150 };

static char number[16];

static void *exec_again(void *name)
{
	execl("/proc/self/exe", name, number, NULL);
	_exit(1);
}

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 0;
	sigset_t pending;
	sigpending(&pending);
	for (int i = 1; i <= 64; i++)
		if (sigismember(&pending, i) == 1)
			printf("pending: %d\n", i);
	if (times == TIMES) {
		printf("%d times\n", times);
		return 0;
	}
	burn(times % 10 ? 0.003 : 0.11);
	snprintf(number, sizeof number, "%d", times + 1);
	fflush(stdout);
	if (times % 2 == 0)
		exec_again(argv[0]);
	pthread_t thread;
	pthread_create(&thread, NULL, exec_again, argv[0]);
	for (;;)
		burn(1);
}
