/* SPDX-License-Identifier: Apache-2.0 */
/* libraries_bound_deeply.c -- a library that prefers its own dependencies allocates past all that
 * was preloaded, and its blocks are freed by the program, and the reverse.
 *
 * harm: memory
 * level: P0
 * naive: missing
 * flags: -O2 -fno-builtin -pthread -ldl
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn.h"

enum { ROUNDS = 20000, ALIVE = 100 };

static void *(*resize_there)(void *, size_t);
static void (*free_there)(void *);

/* Given here and there, resized here and there, taken here and there. */
static size_t exchange(void)
{
	char *blocks[ALIVE] = {NULL};
	size_t faults = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		size_t at = i * 31 % ALIVE, size = 1 + i * 37 % 3000;
		if (blocks[at])
			faults += blocks[at][0] != (char)at;
		(i & 1 ? free : free_there)(blocks[at]);
		blocks[at] = (i & 2 ? realloc : resize_there)(NULL, size);
		blocks[at][0] = (char)at;
		blocks[at] = (i & 4 ? realloc : resize_there)(blocks[at], size * 2);
	}
	for (size_t i = 0; i < ALIVE; i++)
		(i & 1 ? free : free_there)(blocks[i]);
	return faults;
}

int main(void)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/lib/gives_blocks.so", getenv("HARM_BIN"));
	void *library = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
	resize_there = (void *(*)(void *, size_t))dlsym(library, "gives_blocks_resize");
	free_there = (void (*)(void *))dlsym(library, "gives_blocks_free");
	burn(0.12);
	printf("%zu faults\n", exchange());
	burn(0.1);
	printf("%zu faults\n", exchange());
	printf("closed: %d\n", dlclose(library));
	return 0;
}
