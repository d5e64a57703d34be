/* SPDX-License-Identifier: Apache-2.0 */
/* errno_survives_allocations.cc -- errno stays through a million calls that succeed, and is set by
 * those that fail.
 *
 * More blocks are alive than a table of fixed size holds.
 *
 * harm: memory
 * level: P0
 * naive: errno
 * flags: -O2 -std=c++17 -fno-builtin -Wno-use-after-free -pthread
 */
#include <new>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

enum { KEPT = 300000, ROUNDS = 25000, KEEP_ERRNO = 77, THREADS = 4 };

static volatile size_t too_much = PTRDIFF_MAX;

static size_t changed()
{
	bool is_other = errno != KEEP_ERRNO;
	errno = KEEP_ERRNO;
	return is_other;
}

static size_t keep_many()
{
	void **kept = (void **)malloc(KEPT * sizeof *kept);
	size_t changes = 0;
	errno = KEEP_ERRNO;
	for (size_t i = 0; i < KEPT; i++) {
		kept[i] = i % 2 ? malloc(8 + i % 64) : operator new(8 + i % 64);
		changes += changed();
	}
	for (size_t i = 0; i < KEPT; i++) {
		i % 2 ? free(kept[i]) : operator delete(kept[i]);
		changes += changed();
	}
	free(kept);
	return changes;
}

static size_t try_each(size_t size)
{
	size_t changes = 0;
	void *block = malloc(size);
	changes += changed();
	block = realloc(block, size * 2);
	changes += changed();
	block = reallocarray(block, size, 3);
	changes += changed();
	free(block);
	changes += changed();
	block = calloc(2, size);
	changes += changed();
	free(block);
	changes += changed();
	block = aligned_alloc(64, size);
	changes += changed();
	free(block);
	changes += changed();
	block = operator new(size, std::align_val_t(128));
	changes += changed();
	operator delete(block, std::align_val_t(128));
	changes += changed();
	return changes;
}

static void *try_often(void *)
{
	size_t changes = 0;
	errno = KEEP_ERRNO;
	for (size_t i = 0; i < ROUNDS; i++)
		changes += try_each(i % 500 ? 1 + i % 3000 : 200000);
	return (void *)changes;
}

static void show(const char *name, const void *block)
{
	printf("%s: %s, errno %d\n", name, block ? "a block" : "none", errno);
	errno = KEEP_ERRNO;
}

static void fail()
{
	void *block = malloc(10), *left = nullptr;
	errno = KEEP_ERRNO;
	show("malloc", malloc(too_much));
	show("calloc", calloc(too_much, 4));
	show("realloc", realloc(block, too_much));
	show("reallocarray", reallocarray(block, too_much, 4));
	show("memalign", memalign(64, too_much));
	show("aligned_alloc", aligned_alloc(64, too_much));
	show("valloc", valloc(too_much));
	show("pvalloc", pvalloc(too_much));
	show("new", operator new(too_much, std::nothrow));
	show("aligned new", operator new(too_much, std::align_val_t(64), std::nothrow));
	printf("posix_memalign: %d", posix_memalign(&left, 64, too_much));
	show("", left);
	printf("posix_memalign: %d", posix_memalign(&left, 3, 10));
	show("", left);
	free(block);
}

int main()
{
	pthread_t threads[THREADS];
	burn(0.12);
	printf("%zu changes with many alive\n", keep_many());
	fail();
	for (pthread_t &thread : threads)
		pthread_create(&thread, nullptr, try_often, nullptr);
	for (pthread_t &thread : threads) {
		void *changes;
		pthread_join(thread, &changes);
		printf("%zu changes\n", (size_t)changes);
	}
	fail();
}
