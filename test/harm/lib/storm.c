/* SPDX-License-Identifier: Apache-2.0 */
/* storm.c -- a neighbour that allocates, and starts a thread, before main and before others. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 10000, KEPT = 500 };

static struct {
	unsigned char *kept[KEPT];
	size_t sizes[KEPT];
	unsigned faults;
	pthread_t thread;
} self;

/* What main calls: how much was not as it was left, all blocks of even number being freed. */
__attribute__((visibility("default"))) unsigned storm_settle(void);

static unsigned char *allocate(unsigned i, size_t size)
{
	switch (i % 5) {
	case 0:
		return calloc(1, size);
	case 1:
		return realloc(malloc(size / 2 + 1), size);
	case 2:
		return memalign(64, size);
	case 3:
		return aligned_alloc(16, (size + 15) / 16 * 16);
	default:
		return malloc(size);
	}
}

static int is_intact(unsigned i)
{
	return self.kept[i][0] == (i & 255) && self.kept[i][self.sizes[i] - 1] == (i & 255);
}

static void release(unsigned begin)
{
	for (unsigned i = begin; i < KEPT; i += 2) {
		self.faults += !is_intact(i);
		free(self.kept[i]);
	}
}

static void at_exit(void)
{
	release(1);
	if (self.faults)
		printf("blocks were overwritten\n");
}

static void *early(void *argument)
{
	char *text = strdup(argument);
	free(text);
	return argument;
}

__attribute__((constructor)) static void begin(void)
{
	unsigned random = 12345;
	for (unsigned i = 0; i < ROUNDS; i++) {
		random = random * 1103515245 + 12345;
		size_t size = 1 + (random >> 8) % (i % 100 ? 2000 : 1000000);
		unsigned char *block = allocate(i, size);
		unsigned at = i % KEPT;
		memset(block, (int)at & 255, size);
		if (self.kept[at])
			self.faults += !is_intact(at);
		free(self.kept[at]);
		self.kept[at] = block;
		self.sizes[at] = size;
	}
	atexit(at_exit);
	self.faults += pthread_create(&self.thread, NULL, early, "early") != 0;
}

unsigned storm_settle(void)
{
	void *result;
	self.faults += pthread_join(self.thread, &result) != 0;
	release(0);
	return self.faults;
}
