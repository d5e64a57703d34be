/* SPDX-License-Identifier: Apache-2.0 */
/* bump.h -- a small allocator that may be called at any moment, also by a handler in its midst.
 *
 * Blocks lie one behind the other and are never used again. Includes the functions of C that give
 * blocks, so that whoever includes it defines them; BUMP says with which visibility.
 */
#pragma once

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef BUMP
#define BUMP
#endif

enum { BUMP_HEAD = 16, BUMP_ARENA = 1 << 29 };

enum bump_door { BUMP_MALLOC = 1, BUMP_CALLOC, BUMP_REALLOC, BUMP_ALIGNED, BUMP_FREE, BUMP_USABLE };

static struct {
	_Alignas(4096) char arena[BUMP_ARENA];
	atomic_size_t used;
	atomic_ulong calls, sum; /* of calls and their sizes, whatever their order is */
} bump;

static inline void bump_count(enum bump_door door, size_t size)
{
	atomic_fetch_add(&bump.calls, 1);
	atomic_fetch_add(&bump.sum, (size + 1) * door);
}

static inline void *bump_take(size_t alignment, size_t size)
{
	size_t room = size + alignment + BUMP_HEAD;
	if (room < size || room > BUMP_ARENA - atomic_load(&bump.used)) {
		errno = ENOMEM;
		return NULL;
	}
	uintptr_t begin = (uintptr_t)bump.arena + atomic_fetch_add(&bump.used, room) + BUMP_HEAD;
	char *block = (char *)((begin + alignment - 1) & ~(alignment - 1));
	((size_t *)block)[-1] = size;
	return block;
}

static inline size_t bump_size(const void *block)
{
	const size_t *head = block;
	__asm__("" : "+r"(head)); /* compilers know how long a block is */
	return head ? head[-1] : 0;
}

BUMP void *malloc(size_t size)
{
	bump_count(BUMP_MALLOC, size);
	return bump_take(BUMP_HEAD, size);
}

BUMP void *calloc(size_t count, size_t size)
{
	size_t bytes;
	bump_count(BUMP_CALLOC, count * size);
	if (!__builtin_mul_overflow(count, size, &bytes))
		return bump_take(BUMP_HEAD, bytes);
	errno = ENOMEM;
	return NULL;
}

BUMP void *realloc(void *block, size_t size)
{
	bump_count(BUMP_REALLOC, size);
	size_t kept = bump_size(block);
	void *moved = bump_take(BUMP_HEAD, size);
	return moved && block ? memcpy(moved, block, kept < size ? kept : size) : moved;
}

BUMP void *memalign(size_t alignment, size_t size)
{
	bump_count(BUMP_ALIGNED, size);
	return bump_take(alignment < BUMP_HEAD ? BUMP_HEAD : alignment, size);
}

BUMP void *aligned_alloc(size_t alignment, size_t size)
{
	bump_count(BUMP_ALIGNED, size);
	return bump_take(alignment < BUMP_HEAD ? BUMP_HEAD : alignment, size);
}

BUMP int posix_memalign(void **block, size_t alignment, size_t size)
{
	bump_count(BUMP_ALIGNED, size);
	*block = bump_take(alignment < BUMP_HEAD ? BUMP_HEAD : alignment, size);
	return *block ? 0 : ENOMEM;
}

BUMP void free(void *block)
{
	if (block)
		bump_count(BUMP_FREE, bump_size(block));
}

BUMP size_t malloc_usable_size(void *block)
{
	bump_count(BUMP_USABLE, 0);
	return bump_size(block);
}
