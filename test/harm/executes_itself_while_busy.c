/* SPDX-License-Identifier: Apache-2.0 */
/* executes_itself_while_busy.c -- three hundred times, so that whatever is on its way at that
 * moment meets a program that knows nothing of it.
 *
 * harm: signals
 * level: P0
 * naive: tgkill
 */
#include "life.h"
#include <pthread.h>

enum { TIMES = 300, WORK_US = 700, LONG_WORK_EVERY = 100 };

static void *work_for_ever(void *unused)
{
	burn(10);
	return unused;
}

int main(int argc, char **argv)
{
	int left = argc > 1 ? atoi(argv[1]) : TIMES;
	char number[16];
	pthread_t thread;
	if (left == 0) {
		puts("all executed");
		return 0;
	}
	if (left % 10 == 0)
		pthread_create(&thread, NULL, work_for_ever, NULL);
	burn(left % LONG_WORK_EVERY ? WORK_US / 1e6 : 0.15);
	snprintf(number, sizeof number, "%d", left - 1);
	execl("/proc/self/exe", argv[0], number, NULL);
	return 1;
}
