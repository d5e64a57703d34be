/* SPDX-License-Identifier: Apache-2.0 */
/* blocks_change_hands.c -- threads resize and free blocks that others allocated, without room to
 * grow at times.
 *
 * A block is in a place of the table below or in the hands of the one thread that took it out. So
 * large that threads give them back to what they share, they come again at once in other hands.
 *
 * harm: memory
 * level: P0
 * naive: late, missing
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "burn.h"

enum { THREADS = 8, PLACES = 64, ROUNDS = 60000, LEAST = 1100, RANGE = 4000 };

/* More than a process of this kind has of addresses; each thread's arena reserves 64 MiB of them,
 * and a library has some. */
static const size_t limit = (size_t)8 << 30, beyond = (size_t)32 << 30;

struct block {
	size_t size;
	unsigned value;
	unsigned char rest[];
};

static _Atomic(struct block *) places[PLACES];
static atomic_size_t faults, failures;

static void fill(struct block *block, size_t size, unsigned value)
{
	block->size = size;
	block->value = value;
	memset(block->rest, (int)value & 255, size - sizeof *block);
}

static void check(const struct block *block)
{
	unsigned char value = (unsigned char)block->value;
	if (block->rest[0] != value || block->rest[block->size - sizeof *block - 1] != value)
		atomic_fetch_add(&faults, 1);
}

static struct block *fail_to_grow(struct block *block)
{
	errno = 0;
	if (realloc(block, beyond) || errno != ENOMEM)
		abort();
	atomic_fetch_add(&failures, 1);
	check(block);
	return block;
}

static struct block *resize(struct block *block, size_t size, unsigned value)
{
	unsigned char kept = (unsigned char)block->value;
	struct block *moved = realloc(block, size);
	if (moved->rest[0] != kept)
		atomic_fetch_add(&faults, 1);
	fill(moved, size, value);
	return moved;
}

static struct block *make(size_t size, unsigned value)
{
	struct block *block = malloc(size);
	fill(block, size, value);
	return block;
}

static struct block *work_on(struct block *block, unsigned random, unsigned round)
{
	size_t size = LEAST + random % RANGE;
	if (!block)
		return make(size, random);
	check(block);
	switch (round % 8) {
	case 0:
		return fail_to_grow(block);
	case 1:
		return resize(block, size * 50, random);
	case 2:
	case 3:
	case 4:
		return resize(block, size, random);
	default:
		free(block);
		return NULL;
	}
}

static void *pass_on(void *argument)
{
	unsigned random = (unsigned)(size_t)argument + 1;
	for (unsigned round = 0; round < ROUNDS; round++) {
		random = random * 1103515245 + 12345;
		unsigned from = (random >> 8) % PLACES, to = (random >> 16) % PLACES;
		struct block *block = atomic_exchange(&places[from], NULL);
		block = work_on(block, random >> 4, round);
		free(atomic_exchange(&places[to], block));
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	burn(0.12);
	setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit});
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, pass_on, (void *)i);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < PLACES; i++)
		free(places[i]);
	printf("%zu faults, some failed to grow: %d\n", faults, failures > 1000);
	return 0;
}
