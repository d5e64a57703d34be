/* SPDX-License-Identifier: Apache-2.0 */
/* every_door_of_cxx.h -- the same for all forms of operator new, each block given back by one of
 * the forms of operator delete that fit it. Defined before may be NEW_ABORTS, where the allocator
 * was compiled without exceptions and ends the program rather than throw.
 */
#pragma once

#include <new>

#include "every_door.h"

/* What cannot be given throws, or not. */
#define DOOR_NEW(name, alignment, size, call, release)                                      \
	do {                                                                                \
		try {                                                                       \
			DOOR(name, alignment, size, call, release);                         \
		} catch (const std::bad_alloc &) {                                          \
			printf("%s %zu %zu: errno %d, thrown\n", name, (size_t)(alignment), \
			       (size_t)(size), errno);                                      \
		}                                                                           \
	} while (0)

static inline void try_plain_news(size_t size)
{
	const std::nothrow_t &quiet = std::nothrow;
	DOOR_NEW("new", 1, size, operator new(size), operator delete(door_block));
	DOOR_NEW("new", 1, size, operator new(size), operator delete(door_block, size));
	DOOR_NEW("new", 1, size, operator new(size), operator delete(door_block, quiet));
	DOOR_NEW("new[]", 1, size, operator new[](size), operator delete[](door_block));
	DOOR_NEW("new[]", 1, size, operator new[](size), operator delete[](door_block, size));
	DOOR_NEW("new[]", 1, size, operator new[](size), operator delete[](door_block, quiet));
	DOOR_NEW("new quiet", 1, size, operator new(size, quiet), operator delete(door_block));
	DOOR_NEW("new[] quiet", 1,
		 size, operator new[](size, quiet), operator delete[](door_block));
}

static inline void try_aligned_news(size_t alignment, size_t size)
{
	const std::nothrow_t &quiet = std::nothrow;
	std::align_val_t a{alignment};
	DOOR_NEW("aligned new", alignment,
		 size, operator new(size, a), operator delete(door_block, a));
	DOOR_NEW("aligned new", alignment,
		 size, operator new(size, a), operator delete(door_block, size, a));
	DOOR_NEW("aligned new[]", alignment,
		 size, operator new[](size, a), operator delete[](door_block, a));
	DOOR_NEW("aligned new[]", alignment,
		 size, operator new[](size, a), operator delete[](door_block, size, a));
	DOOR_NEW("aligned new quiet", alignment,
		 size, operator new(size, a, quiet), operator delete(door_block, a, quiet));
	DOOR_NEW("aligned new[] quiet", alignment,
		 size, operator new[](size, a, quiet), operator delete[](door_block, a, quiet));
}

/* A size or an alignment that makes a call throw. */
static inline bool is_impossible(size_t alignment, size_t size)
{
	return size == PTRDIFF_MAX || alignment & (alignment - 1);
}

static inline void try_doors_of_cxx(void)
{
#ifdef NEW_ABORTS
	bool throws = false;
#else
	bool throws = true;
#endif
	FOR_DOOR_SIZES(i)
	{
		size_t size = door_of_size(door_sizes[i]);
		if (throws || !is_impossible(1, size))
			try_plain_news(size);
		FOR_DOOR_ALIGNMENTS(j)
		if (throws || !is_impossible(door_alignments[j], size))
			try_aligned_news(door_alignments[j], size);
	}
}
