/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c -- a direct-mapped cache: one tag, one block, nothing to keep in order. */
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_COUNT = 128 };

/* No block starts at an odd address, so this tag matches none. */
static const uint64_t EMPTY = 1;

struct memory {
	memory_fill *fill;
	void *context;
	uint64_t tags[BLOCK_COUNT];
	uint8_t blocks[BLOCK_COUNT][MEMORY_BLOCK_SIZE];
};

struct memory *memory_create(memory_fill *fill, void *context)
{
	struct memory *memory = malloc(sizeof(*memory));

	if (!memory)
		return NULL;
	memory->fill = fill;
	memory->context = context;
	memory_flush(memory);
	return memory;
}

void memory_destroy(struct memory *memory)
{
	free(memory);
}

void memory_flush(struct memory *memory)
{
	for (size_t i = 0; i < BLOCK_COUNT; i++)
		memory->tags[i] = EMPTY;
}

static const uint8_t *block_at(struct memory *memory, uint64_t address)
{
	uint64_t number = address / MEMORY_BLOCK_SIZE;
	size_t slot = (number ^ number / BLOCK_COUNT) % BLOCK_COUNT;

	if (memory->tags[slot] == address)
		return memory->blocks[slot];
	/* A fill that fails halfway must not leave the old tag on new bytes. */
	memory->tags[slot] = EMPTY;
	if (!memory->fill(memory->context, address, memory->blocks[slot]))
		return NULL;
	memory->tags[slot] = address;
	return memory->blocks[slot];
}

bool memory_read(struct memory *memory, uint64_t address, void *to, size_t len)
{
	uint8_t *out = to;

	if (len > UINT64_MAX - address)
		return false;
	while (len) {
		size_t skip = address % MEMORY_BLOCK_SIZE;
		size_t part = MEMORY_BLOCK_SIZE - skip;
		const uint8_t *block = block_at(memory, address - skip);

		if (!block)
			return false;
		if (part > len)
			part = len;
		memcpy(out, block + skip, part);
		address += part;
		out += part;
		len -= part;
	}
	return true;
}
