/* SPDX-License-Identifier: Apache-2.0 */
/* sanitized.c -- works in threads, then, when asked, does what AddressSanitizer is there to find.
 *
 * flags: -O1 -fsanitize=address -pthread
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../burn.h"

static void *work(void *argument)
{
	char *text = malloc(1000);
	memset(text, 1, 1000);
	burn(0.1);
	free(text);
	return argument;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	burn(0.15);
	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
	char *block = malloc(10);
	volatile int beyond = argc > 1 && !strcmp(argv[1], "overflow") ? 10 : 9;
	block[beyond] = 1;
	free(block);
	puts("clean");
	return 0;
}
