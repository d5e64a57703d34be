/* SPDX-License-Identifier: Apache-2.0 */
/* intern.c -- a table in which equal rows are one row, numbered in the order of their coming. */
#include "encoder/intern.h"

#include <stdlib.h>
#include <string.h>

enum {
	SIZE_LIMIT = 1 << 30,
	FIRST_SIZE = 4096,
	FIRST_COUNT = 256,
	FIRST_SLOTS = 512,
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

static uint32_t hash_of(const uint8_t *bytes, size_t len)
{
	uint64_t hash = len, word;
	for (; len >= sizeof(word); bytes += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, bytes, len);
	return (uint32_t)mix(mix(hash, word), 0);
}

static uint32_t start_of(const struct intern *t, uint32_t row)
{
	return row ? t->ends[row - 1] : 0;
}

const void *intern_at(const struct intern *t, uint32_t row)
{
	return t->bytes + start_of(t, row);
}

/* The slot of the row, or the free one where it belongs. */
static uint32_t *slot_of(const struct intern *t, const void *bytes, size_t len)
{
	uint32_t at = hash_of(bytes, len);
	for (;; at++) {
		uint32_t *slot = t->slots + (at & (t->slot_count - 1));
		if (!*slot)
			return slot;
		uint32_t start = start_of(t, *slot - 1);
		if (t->ends[*slot - 1] - start == len && !memcmp(t->bytes + start, bytes, len))
			return slot;
	}
}

/* Room for count elements, at least doubled so that the copies stay few. */
static bool grow(void **array, uint32_t *max, size_t count, size_t element, uint32_t first)
{
	if (count <= *max)
		return true;
	size_t wanted = *max ? (size_t)*max * 2 : first;
	if (wanted < count)
		wanted = count;
	void *bigger = realloc(*array, wanted * element);
	if (!bigger)
		return false;
	*array = bigger;
	*max = (uint32_t)wanted;
	return true;
}

static bool grow_rows(struct intern *t, size_t len)
{
	void *bytes = t->bytes, *ends = t->ends;
	bool grown = grow(&bytes, &t->size_max, t->size + len, 1, FIRST_SIZE);
	grown = grown &&
		grow(&ends, &t->count_max, (size_t)t->count + 1, sizeof(*t->ends), FIRST_COUNT);
	t->bytes = bytes;
	t->ends = ends;
	return grown;
}

/* Slots stay at most three quarters full; there is always a free one to end a search. */
static bool grow_slots(struct intern *t)
{
	if (t->count < t->slot_count / 4 * 3)
		return true;
	uint32_t slot_count = t->slot_count ? t->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->slot_count = slot_count;
	for (uint32_t row = 0; row < t->count; row++) {
		uint32_t start = start_of(t, row);
		*slot_of(t, t->bytes + start, t->ends[row] - start) = row + 1;
	}
	return true;
}

uint32_t intern_find(const struct intern *t, const void *bytes, size_t len)
{
	uint32_t *slot = t->slot_count ? slot_of(t, bytes, len) : NULL;
	return slot && *slot ? *slot - 1 : INTERN_NONE;
}

uint32_t intern_add(struct intern *t, const void *bytes, size_t len)
{
	uint32_t row = intern_find(t, bytes, len);
	if (row != INTERN_NONE)
		return row;
	if (len > SIZE_LIMIT - t->size || !grow_slots(t) || !grow_rows(t, len))
		return INTERN_NONE;
	row = t->count++;
	*slot_of(t, bytes, len) = row + 1;
	memcpy(t->bytes + t->size, bytes, len);
	t->size += (uint32_t)len;
	t->ends[row] = t->size;
	return row;
}

void intern_clear(struct intern *t)
{
	free(t->bytes);
	free(t->ends);
	free(t->slots);
	*t = (struct intern){0};
}
