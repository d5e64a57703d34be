/* SPDX-License-Identifier: Apache-2.0 */
/* blocks_freed_by_other_doors.c -- what one name of a function gave another takes back.
 *
 * Beside the names that everybody calls there are those of glibc's own, and the addresses that
 * dlsym finds in it; a library in front sees the former only.
 *
 * harm: memory
 * level: P0
 * naive: missing
 * flags: -O2 -fno-builtin -pthread -ldl
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn.h"

enum { ROUNDS = 150000, ALIVE = 64 };

void *__libc_malloc(size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

struct doors {
	void *(*malloc)(size_t);
	void *(*realloc)(void *, size_t);
	void *(*memalign)(size_t, size_t);
	void (*free)(void *);
};

static struct doors doors[4] = {
	{malloc, realloc, memalign, free},
	{__libc_malloc, __libc_realloc, __libc_memalign, __libc_free},
};
static struct {
	unsigned char *block;
	size_t size;
	unsigned char value;
} alive[ALIVE];
static size_t faults;

static struct doors found_by_dlsym(void *handle)
{
	return (struct doors){
		(void *(*)(size_t))dlsym(handle, "malloc"),
		(void *(*)(void *, size_t))dlsym(handle, "realloc"),
		(void *(*)(size_t, size_t))dlsym(handle, "memalign"),
		(void (*)(void *))dlsym(handle, "free"),
	};
}

static void release(unsigned i, const struct doors *by)
{
	if (alive[i].block)
		faults += alive[i].block[alive[i].size - 1] != alive[i].value;
	by->free(alive[i].block);
}

static void take(unsigned i, unsigned random, const struct doors *by)
{
	size_t size = 1 + random % (i ? 2000 : 200000);
	unsigned char *block = random & 4096 ? by->memalign(64, size) : by->malloc(size);
	alive[i].block = block;
	alive[i].size = size;
	alive[i].value = (unsigned char)random;
	memset(block, alive[i].value, size);
}

static void resize(unsigned i, unsigned random, const struct doors *by)
{
	size_t size = 1 + random % 3000;
	alive[i].block = by->realloc(alive[i].block, size);
	faults += alive[i].block[0] != alive[i].value;
	alive[i].size = size;
	memset(alive[i].block, alive[i].value, size);
}

int main(void)
{
	burn(0.12);
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	unsigned random = 1;
	doors[2] = found_by_dlsym(libc);
	doors[3] = found_by_dlsym(RTLD_DEFAULT);
	for (unsigned round = 0; round < ROUNDS; round++) {
		random = random * 1103515245 + 12345;
		unsigned i = (random >> 24) % ALIVE;
		release(i, &doors[(random >> 8) % 4]);
		take(i, random >> 4, &doors[(random >> 10) % 4]);
		if (random & 128)
			resize(i, random >> 5, &doors[(random >> 12) % 4]);
	}
	for (unsigned i = 0; i < ALIVE; i++)
		release(i, &doors[i % 4]);
	printf("%zu faults\n", faults);
	return 0;
}
