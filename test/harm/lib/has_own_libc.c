/* SPDX-License-Identifier: Apache-2.0 */
/* has_own_libc.c -- in a namespace of its own it works in threads of another copy of libc. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../burn.h"

int has_own_libc_work(void);

static void *work(void *argument)
{
	for (int i = 0; i < 20000; i++) {
		char *block = malloc(1 + (size_t)i % 5000);
		memset(block, i & 127, 1 + (size_t)i % 5000);
		free(block);
	}
	burn(0.1);
	return argument;
}

int has_own_libc_work(void)
{
	pthread_t threads[3];
	int done = 0;
	for (size_t i = 0; i < 3; i++)
		done += !pthread_create(&threads[i], NULL, work, threads);
	for (size_t i = 0; i < 3; i++) {
		void *result;
		done += !pthread_join(threads[i], &result) && result == threads;
	}
	return done;
}
