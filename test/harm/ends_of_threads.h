/* SPDX-License-Identifier: Apache-2.0 */
/* ends_of_threads.h -- many short threads allocate nothing and free in the destructor of a key. */
#pragma once

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn.h"

enum { ENDS = 10000, ENDS_AT_ONCE = 4, ENDS_BLOCKS = 5 };

typedef int control(const char *, void *, size_t *, void *, size_t);

static pthread_key_t key;

/* Again until the last round of destructors, when others that are run as often have given up. */
static void free_some(void *argument)
{
	void **blocks = argument;
	int i = 0;
	while (i < ENDS_BLOCKS && !blocks[i])
		i++;
	if (i < ENDS_BLOCKS) {
		free(blocks[i]);
		blocks[i] = NULL;
	}
	if (i < ENDS_BLOCKS - 1)
		pthread_setspecific(key, blocks);
}

static void *live(void *argument)
{
	pthread_setspecific(key, argument);
	return NULL;
}

static void live_together(void *blocks[ENDS_AT_ONCE][ENDS_BLOCKS])
{
	pthread_t threads[ENDS_AT_ONCE];
	for (int i = 0; i < ENDS_AT_ONCE; i++) {
		for (int j = 0; j < ENDS_BLOCKS; j++)
			blocks[i][j] = j % 2 ? memalign(64, 1000) : malloc(100 + 1000 * (size_t)j);
		pthread_create(&threads[i], NULL, live, blocks[i]);
	}
	for (int i = 0; i < ENDS_AT_ONCE; i++) {
		pthread_join(threads[i], NULL);
		for (int j = 0; j < ENDS_BLOCKS; j++)
			free(blocks[i][j]);
	}
}

static size_t ask(control *ctl, const char *name)
{
	uint64_t epoch = 1;
	size_t value = 0, size = sizeof value;
	ctl("epoch", NULL, NULL, &epoch, sizeof epoch);
	ctl(name, &value, &size, NULL, 0);
	return value;
}

int main(void)
{
	static void *blocks[ENDS_AT_ONCE][ENDS_BLOCKS];
	control *ctl = (control *)dlsym(RTLD_DEFAULT, "mallctl");
	if (!ctl)
		return 1;
	pthread_key_create(&key, free_some);
	burn(0.12);
	live_together(blocks);
	size_t before = ask(ctl, "stats.allocated");
	for (int i = 0; i < ENDS / ENDS_AT_ONCE; i++)
		live_together(blocks);
	size_t after = ask(ctl, "stats.allocated");
	printf("%d threads ended, nothing is left: %d\n", ENDS, after < before + (1 << 20));
	return 0;
}
