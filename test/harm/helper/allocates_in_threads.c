/* SPDX-License-Identifier: Apache-2.0 */
/* allocates_in_threads.c -- threads pass blocks to one another and end while others still allocate.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../burn.h"

enum { THREADS = 8, BLOCKS = 20000 };

static void *allocate(void *inherited)
{
	char **blocks = calloc(BLOCKS, sizeof *blocks);
	size_t faults = 0;
	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = 1 + i * 37 % 3000;
		blocks[i] = malloc(size);
		memset(blocks[i], (int)(i & 127), size);
		if (i % 3 == 0)
			blocks[i] = realloc(blocks[i], size * 2);
		faults += blocks[i][0] != (char)(i & 127);
		if (i >= 64) {
			free(blocks[i - 64]);
			blocks[i - 64] = NULL;
		}
	}
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	free(blocks);
	free(inherited);
	return (void *)faults;
}

int main(void)
{
	pthread_t threads[THREADS];
	size_t faults = 0;
	burn(0.12);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, allocate, malloc(1000));
	for (int i = 0; i < THREADS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		faults += (size_t)result;
	}
	printf("%zu faults\n", faults);
	return faults != 0;
}
