/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c -- memory that is taken piece by piece and given back at once, never more than a cap. */
#include "collector/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_SIZE = 64 << 10, /* the first one; each next one is as large as all before it */
	KEPT_MAX = 4 << 20,    /* a larger block is not kept for the next use */
};

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *add_block(struct arena *a, size_t size)
{
	size_t wanted = a->used > BLOCK_SIZE ? a->used : BLOCK_SIZE;
	if (wanted < size)
		wanted = size;
	struct arena_block *block = malloc(sizeof(*block) + wanted);
	if (!block)
		return NULL;
	*block = (struct arena_block){.next = a->blocks, .size = wanted};
	a->blocks = block;
	return block;
}

void *arena_take_raw(struct arena *a, size_t count, size_t size)
{
	if (__builtin_mul_overflow(count, size, &size) || a->used > a->max ||
	    size > a->max - a->used) {
		a->is_full = true;
		return NULL;
	}
	size_t room = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *block = a->blocks;
	if (!block || room > block->size - block->used)
		block = add_block(a, room);
	if (!block)
		return NULL;
	void *taken = block->bytes + block->used;
	block->used += room;
	a->used += size;
	return taken;
}

void *arena_take(struct arena *a, size_t count, size_t size)
{
	void *taken = arena_take_raw(a, count, size);
	return taken ? memset(taken, 0, count * size) : NULL;
}

static struct arena_block *largest(const struct arena *a)
{
	struct arena_block *found = a->blocks;
	for (struct arena_block *b = a->blocks; b; b = b->next)
		found = b->size > found->size ? b : found;
	return found && found->size <= KEPT_MAX ? found : NULL;
}

void arena_clear(struct arena *a)
{
	struct arena_block *kept = largest(a);
	for (struct arena_block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		if (b != kept)
			free(b);
	}
	if (kept) {
		kept->next = NULL;
		kept->used = 0;
	}
	*a = (struct arena){.max = a->max, .blocks = kept};
}

void arena_free(struct arena *a)
{
	for (struct arena_block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){.max = a->max};
}
