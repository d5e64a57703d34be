/* SPDX-License-Identifier: Apache-2.0 */
/* musl_program.c -- a program of musl's computes, allocates, forks and makes threads.
 *
 * harm: loading
 * level: P0
 * compiler: musl-gcc
 * flags: -O2 -pthread
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

static void *answer(void *argument)
{
	char *text = malloc(100000);
	memset(text, 1, 100000);
	burn(0.02);
	free(text);
	return (char *)argument + 1;
}

static int threads_answer(void)
{
	int answered = 0;
	for (size_t i = 0; i < 8; i++) {
		pthread_t thread;
		void *result = NULL;
		if (!pthread_create(&thread, NULL, answer, (void *)i))
			pthread_join(thread, &result);
		answered += result == (void *)(i + 1);
	}
	return answered;
}

int main(void)
{
	int status;
	burn(0.3);
	printf("%d threads answered\n", threads_answer());
	fflush(stdout);
	if (fork() == 0) {
		burn(0.3);
		printf("in the child %d threads answered\n", threads_answer());
		return 7;
	}
	wait(&status);
	printf("the child ended with %d\n", WEXITSTATUS(status));
	burn(0.7);
	return 3;
}
