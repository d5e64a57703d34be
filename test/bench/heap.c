/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c -- pairs of malloc and free, in the patterns that allocators are measured by.
 *
 *     heap PATTERN PAIRS    prints how many nanoseconds of wall time the pairs took
 *     heap bursts PAIRS     the same of each burst of 100 pairs, by pair
 *     heap steps PAIRS      pairs of the pattern pingpong between two SIGSTOPs, to be counted
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 4096, THREADS = 2, QUEUE = 1024, GENERATION = 20000, WARM_UP = 1000, BURST = 100 };

static long pairs;

static double now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* So that the pair is not optimised away; and a block is written to, as blocks are. */
static void *touch(void *block)
{
	*(volatile char *)block = 1;
	return block;
}

static unsigned next(unsigned *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void pingpong(long count)
{
	for (long i = 0; i < count; i++)
		free(touch(malloc(64)));
}

static size_t some_size(unsigned *state)
{
	return 16 + next(state) % 1009;
}

static void replace_in(void **blocks, long count, unsigned seed)
{
	for (long i = 0; i < count; i++) {
		void **place = &blocks[next(&seed) % WINDOW];
		free(*place);
		*place = touch(malloc(some_size(&seed)));
	}
}

static void *window(void *seed)
{
	void **blocks = calloc(WINDOW, sizeof(*blocks));
	replace_in(blocks, pairs / (seed ? THREADS : 1), (unsigned)(size_t)seed);
	for (int i = 0; i < WINDOW; i++)
		free(blocks[i]);
	free(blocks);
	return NULL;
}

static void in_threads(void *(*work)(void *))
{
	pthread_t threads[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)(i + 1));
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* One allocates, the other frees. */
static _Atomic(void *) queue[QUEUE];

static void *hand_over(void *who)
{
	for (long i = 0; i < pairs; i++) {
		_Atomic(void *) *place = &queue[i % QUEUE];
		void *block = NULL;
		if ((size_t)who == 1) {
			block = touch(malloc(64));
			while (atomic_load_explicit(place, memory_order_acquire))
				__builtin_ia32_pause();
			atomic_store_explicit(place, block, memory_order_release);
		} else {
			while (!(block = atomic_exchange(place, NULL)))
				__builtin_ia32_pause();
			free(block);
		}
	}
	return NULL;
}

/* As a server does: blocks of one generation of threads are freed by the next (Larson and
 * Krishnan, Memory allocation for long-running server applications, 1998). */
static void *shared[THREADS][WINDOW];

static void *generation(void *who)
{
	replace_in(shared[(size_t)who - 1], GENERATION, (unsigned)(size_t)who);
	return NULL;
}

static void larson(void)
{
	for (long done = 0; done < pairs; done += (long)GENERATION * THREADS)
		in_threads(generation);
}

/* With rests in which a profiler that takes every allocation may do the rest of its work. The first
 * bursts warm up; prints the time of each of the others. */
static void bursts(void)
{
	for (double began = now_ns(); now_ns() - began < 2e8;)
		pingpong(10);
	for (long done = 0; done < pairs; done += BURST) {
		usleep(150000);
		double began = now_ns();
		pingpong(BURST);
		if (done >= pairs / 4)
			printf("%.0f\n", (now_ns() - began) / BURST);
	}
}

static int stop_around_pairs(void)
{
	pingpong(WARM_UP);
	raise(SIGSTOP);
	pingpong(pairs);
	raise(SIGSTOP);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	const char *pattern = argv[1];
	pairs = atol(argv[2]);
	if (!strcmp(pattern, "steps"))
		return stop_around_pairs();
	if (!strcmp(pattern, "bursts")) {
		bursts();
		return 0;
	}
	pingpong(WARM_UP);
	double began = now_ns();
	if (!strcmp(pattern, "pingpong"))
		pingpong(pairs);
	else if (!strcmp(pattern, "window"))
		window(NULL);
	else if (!strcmp(pattern, "threads"))
		in_threads(window);
	else if (!strcmp(pattern, "queue"))
		in_threads(hand_over);
	else if (!strcmp(pattern, "larson"))
		larson();
	else
		return 2;
	printf("%.0f\n", now_ns() - began);
	return 0;
}
