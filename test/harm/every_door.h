/* SPDX-License-Identifier: Apache-2.0 */
/* every_door.h -- all functions of C that give blocks, with many sizes and alignments.
 *
 * A row includes it and calls try_doors_of_c. Printed is what no layout of memory changes: whether
 * there is a block, whether it is aligned and whole, how much of it may be used, and errno, which
 * is 77 before each call. Defined before may be WITHOUT_PVALLOC, where the allocator has none and
 * blocks would be another's.
 */
#pragma once

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C++'s headers of musl and of older systems leave some of them out. */
#ifdef __cplusplus
extern "C" {
#endif
void *memalign(size_t, size_t);
void *valloc(size_t);
void *pvalloc(size_t);
#ifdef __cplusplus
}
#endif

enum { DOOR_PAGE = 4096, DOOR_LEAST = 16, DOOR_ERRNO = 77 };

static const size_t door_sizes[] = {0, 1, 8, 24, 4095, 4096, 1 << 20, PTRDIFF_MAX};
static const size_t door_alignments[] = {1, 2, 3, 8, 16, 64, 4096, 2 << 20};

#define DOOR_COUNT(array)      (sizeof(array) / sizeof *(array))
#define FOR_DOOR_SIZES(i)      for (size_t i = 0; i < DOOR_COUNT(door_sizes); i++)
#define FOR_DOOR_ALIGNMENTS(i) for (size_t i = 0; i < DOOR_COUNT(door_alignments); i++)

/* Compilers may leave out a pair of malloc and free, and know what some calls return. */
static void *volatile door_block;
static volatile size_t door_size, door_most = SIZE_MAX;

static inline size_t door_of_size(size_t size)
{
	door_size = size;
	return door_size;
}

static inline int door_fills(unsigned char *block, size_t size)
{
	if (!size)
		return 1;
	memset(block, 0x5a, size);
	return block[0] == 0x5a && block[size - 1] == 0x5a;
}

/* How much there is beyond a page's alignment depends on where the kernel maps it. */
static inline void door_print(const char *name, size_t alignment, size_t size)
{
	int error = errno;
	unsigned char *block = (unsigned char *)door_block;
	printf("%s %zu %zu: errno %d", name, alignment, size, error);
	if (!block) {
		puts(", none");
		return;
	}
	size_t usable = malloc_usable_size(block);
	size_t asked = alignment < DOOR_LEAST && size >= DOOR_LEAST ? DOOR_LEAST : alignment;
	size_t mask = asked & (asked - 1) ? 0 : asked - 1;
	printf(", %s, %s", (uintptr_t)block & mask ? "not aligned" : "aligned",
	       door_fills(block, size) ? "whole" : "not whole");
	if (alignment > DOOR_PAGE)
		printf(", usable %d\n", usable >= size);
	else
		printf(", usable %zu\n", usable);
}

/* What gives it back keeps errno, too. */
#define DOOR_END(release)                                              \
	do {                                                           \
		errno = DOOR_ERRNO;                                    \
		release;                                               \
		if (errno != DOOR_ERRNO)                               \
			printf("%s left errno %d\n", #release, errno); \
	} while (0)

#define DOOR(name, alignment, size, call, release) \
	do {                                       \
		errno = DOOR_ERRNO;                \
		door_block = call;                 \
		door_print(name, alignment, size); \
		DOOR_END(release);                 \
	} while (0)

static inline void *door_posix_memalign(size_t alignment, size_t size)
{
	void *block = &block;
	int error = posix_memalign(&block, alignment, size);
	if (error)
		printf("posix_memalign returned %d and %s what was there\n", error,
		       block == &block ? "left" : "changed");
	return error ? NULL : block;
}

/* A block that cannot grow stays as it is; one of a size of 0 is given back by some. */
static inline void try_realloc(size_t from, size_t to)
{
	unsigned char *block = (unsigned char *)malloc(from);
	size_t kept = from < to ? from : to, same = 0;
	if (!block)
		return;
	memset(block, 0xa5, from);
	errno = DOOR_ERRNO;
	door_block = realloc(block, door_of_size(to));
	int error = errno;
	unsigned char *moved = (unsigned char *)door_block;
	for (size_t i = 0; i < kept && (moved || to); i++)
		same += (moved ? moved : block)[i] == 0xa5;
	errno = error;
	printf("of %zu, %s: ", from, same == kept ? "kept" : "not kept");
	door_print("realloc", 1, to);
	if (!moved && to)
		free(block);
	free(moved);
}

static inline void try_unaligned_doors(size_t size)
{
	DOOR("malloc", 1, size, malloc(size), free(door_block));
	DOOR("calloc", 1, size, calloc(1, size), free(door_block));
	DOOR("calloc of many", 1, size, calloc(size, 1), free(door_block));
	DOOR("calloc of too many", 1, size, calloc(size, door_most), free(door_block));
	DOOR("realloc", 1, size, realloc(NULL, size), free(door_block));
	DOOR("reallocarray", 1, size, reallocarray(NULL, size, 1), free(door_block));
	DOOR("reallocarray", 1, size, reallocarray(NULL, size, door_most), free(door_block));
	DOOR("valloc", DOOR_PAGE, size, valloc(size), free(door_block));
#ifndef WITHOUT_PVALLOC
	DOOR("pvalloc", DOOR_PAGE, size, pvalloc(size), free(door_block));
#endif
	FOR_DOOR_SIZES(i)
	try_realloc(door_sizes[i], size);
}

static inline void try_aligned_doors(size_t alignment, size_t size)
{
	DOOR("memalign", alignment, size, memalign(alignment, size), free(door_block));
	DOOR("aligned_alloc", alignment, size, aligned_alloc(alignment, size), free(door_block));
	DOOR("posix_memalign", alignment, size, door_posix_memalign(alignment, size),
	     free(door_block));
}

/* Twice, so that blocks are used again; others stay between. */
static inline void try_doors_of_c(void)
{
	static void *volatile kept[2 * DOOR_COUNT(door_sizes)];
	for (size_t round = 0; round < 2; round++)
		FOR_DOOR_SIZES(i)
		{
			size_t size = door_of_size(door_sizes[i]);
			try_unaligned_doors(size);
			FOR_DOOR_ALIGNMENTS(j)
			try_aligned_doors(door_alignments[j], size);
			kept[round * DOOR_COUNT(door_sizes) + i] = malloc(size);
		}
	for (size_t i = 0; i < DOOR_COUNT(kept); i++)
		free(kept[i]);
}
