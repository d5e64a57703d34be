/* SPDX-License-Identifier: Apache-2.0 */
/* churn.h -- allocates by all doors in some threads, and finds each block as it was left. */
#pragma once

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHURN_ALIVE = 200, CHURN_MOST = 1 << 18 };

struct churn {
	unsigned random;
	size_t faults;
	unsigned char *blocks[CHURN_ALIVE];
	size_t sizes[CHURN_ALIVE];
};

static inline unsigned churn_draw(struct churn *churn)
{
	churn->random = churn->random * 1103515245 + 12345;
	return churn->random >> 8;
}

static inline void *churn_allocate(unsigned kind, size_t size)
{
	void *block = NULL;
	switch (kind % 6) {
	case 0:
		return calloc(1, size);
	case 1:
		return realloc(NULL, size);
	case 2:
		return memalign(64, size);
	case 3:
		return posix_memalign(&block, 32, size) ? NULL : block;
	default:
		return malloc(size);
	}
}

static inline void churn_check(struct churn *churn, unsigned i)
{
	const unsigned char *block = churn->blocks[i];
	size_t last = churn->sizes[i] - 1;
	churn->faults += block && (block[0] != (i & 255) || block[last] != (i & 255));
}

static inline void churn_once(struct churn *churn)
{
	unsigned random = churn_draw(churn), i = random % CHURN_ALIVE;
	size_t size = 1 + churn_draw(churn) % (random & 255 << 8 ? 1500 : CHURN_MOST);
	churn_check(churn, i);
	if (random & 1 << 20 && churn->blocks[i]) {
		churn->blocks[i] = realloc(churn->blocks[i], size);
		churn->faults += churn->blocks[i][0] != (i & 255);
	} else {
		free(churn->blocks[i]);
		churn->blocks[i] = churn_allocate(random >> 10, size);
	}
	churn->sizes[i] = size;
	memset(churn->blocks[i], (int)i & 255, size);
}

/* Blocks that were not as they were left, after so many rounds. */
static inline size_t churn(unsigned seed, unsigned rounds)
{
	struct churn *churn = calloc(1, sizeof *churn);
	churn->random = seed;
	for (unsigned i = 0; i < rounds; i++)
		churn_once(churn);
	for (unsigned i = 0; i < CHURN_ALIVE; i++) {
		churn_check(churn, i);
		free(churn->blocks[i]);
	}
	size_t faults = churn->faults;
	free(churn);
	return faults;
}

struct churn_thread {
	pthread_t thread;
	pthread_barrier_t *begin;
	unsigned seed, rounds;
};

static inline void *churn_run(void *argument)
{
	struct churn_thread *self = argument;
	pthread_barrier_wait(self->begin);
	return (void *)churn(self->seed, self->rounds);
}

/* All are there before the first ends: so each has memory of its own for what threads have. */
static inline size_t churn_in_threads(unsigned count, unsigned rounds)
{
	struct churn_thread threads[16];
	pthread_barrier_t begin;
	size_t faults = 0;
	pthread_barrier_init(&begin, NULL, count);
	for (unsigned i = 0; i < count; i++) {
		threads[i] = (struct churn_thread){0, &begin, i + 1, rounds};
		pthread_create(&threads[i].thread, NULL, churn_run, &threads[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		void *found;
		pthread_join(threads[i].thread, &found);
		faults += (size_t)found;
	}
	pthread_barrier_destroy(&begin);
	return faults;
}
