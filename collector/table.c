/* SPDX-License-Identifier: Apache-2.0 */
/* table.c -- rows of one size, each of them once, numbered in the order of their coming. */
#include "collector/table.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_SLOTS = 256,
};

__extension__ typedef unsigned __int128 wide;

static uint64_t fold(uint64_t a, uint64_t b)
{
	wide product = (wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t table_hash(const void *bytes, size_t size, uint64_t seed)
{
	const unsigned char *at = bytes;
	uint64_t hash = seed ^ size, word;
	for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = fold(hash ^ word ^ 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9 ^ seed);
	}
	word = 0;
	if (size)
		memcpy(&word, at, size);
	return fold(hash ^ word ^ 0x94d049bb133111eb, 0x2545f4914f6cdd1d ^ seed);
}

static void *take(struct table_budget *budget, size_t size)
{
	if (size > budget->left) {
		budget->is_full = true;
		return NULL;
	}
	void *memory = calloc(1, size);
	if (memory)
		budget->left -= size;
	return memory;
}

/* The high half of a slot tells other hashes apart without a look at the row. */
static uint64_t slot_of(uint64_t hash, uint32_t row)
{
	return (hash & 0xffffffff00000000) | (row + 1ULL);
}

static bool slot_is(uint64_t slot, uint64_t hash)
{
	return !((slot ^ hash) >> 32);
}

/* Where a search begins: the same bits that a slot keeps, so that growing needs no row. */
static uint32_t start_of(uint64_t hash, uint32_t slot_count)
{
	return (uint32_t)(hash >> 32) & (slot_count - 1);
}

static void put(uint64_t *slots, uint32_t slot_count, uint64_t slot)
{
	uint32_t at = start_of(slot, slot_count);
	while (slots[at])
		at = (at + 1) & (slot_count - 1);
	slots[at] = slot;
}

/* Slots stay at most two thirds full; there is always a free one to end a search. */
static bool grow_slots(struct table *t)
{
	if (table_count(t) < t->slot_count / 3 * 2)
		return true;
	uint32_t slot_count = t->slot_count ? t->slot_count * 2 : FIRST_SLOTS;
	uint64_t *slots = take(t->budget, slot_count * sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t i = 0; i < t->slot_count; i++)
		if (t->slots[i])
			put(slots, slot_count, t->slots[i]);
	free(t->slots);
	t->budget->left += t->slot_count * sizeof(*t->slots);
	t->slots = slots;
	t->slot_count = slot_count;
	return true;
}

/* Room for one more row: chunk 0, or one as large as all before it. */
static bool grow_rows(struct table *t)
{
	uint32_t count = table_count(t);
	uint32_t part = count >> TABLE_FIRST_BITS;
	unsigned chunk = part ? 32 - (unsigned)__builtin_clz(part) : 0;
	size_t rows = (size_t)1 << (TABLE_FIRST_BITS + (chunk ? chunk - 1 : 0));
	if (chunk == TABLE_CHUNKS) {
		t->budget->is_full = true;
		return false;
	}
	if (!t->chunks[chunk])
		t->chunks[chunk] = take(t->budget, rows * t->row_size);
	return t->chunks[chunk] != NULL;
}

bool table_open(struct table *t, size_t row_size, uint64_t seed, struct table_budget *budget)
{
	*t = (struct table){.row_size = row_size, .seed = seed, .budget = budget};
	if (!grow_rows(t)) /* they begin as zeros, row 0 is ready */
		return false;
	atomic_store_explicit(&t->count, 1, memory_order_release);
	return true;
}

void table_close(struct table *t)
{
	for (size_t i = 0; i < TABLE_CHUNKS; i++)
		free(t->chunks[i]);
	free(t->slots);
	*t = (struct table){0};
}

uint32_t table_find(const struct table *t, uint64_t hash,
		    bool (*is_same)(const struct table *, uint32_t row, const void *what),
		    const void *what)
{
	if (!t->slot_count)
		return TABLE_NONE;
	uint32_t at = start_of(hash, t->slot_count);
	for (; t->slots[at]; at = (at + 1) & (t->slot_count - 1)) {
		uint32_t row = (uint32_t)t->slots[at] - 1;
		if (slot_is(t->slots[at], hash) && is_same(t, row, what))
			return row;
	}
	return TABLE_NONE;
}

uint32_t table_append(struct table *t, uint64_t hash, const void *row)
{
	if (!grow_slots(t) || !grow_rows(t))
		return TABLE_NONE;
	uint32_t number = table_count(t);
	/* Nobody has been given this number yet, so nobody reads the row. */
	memcpy((void *)(uintptr_t)table_at(t, number), row, t->row_size);
	put(t->slots, t->slot_count, slot_of(hash, number));
	/* pairs with table_count */
	atomic_store_explicit(&t->count, number + 1, memory_order_release);
	return number;
}

static bool is_same_row(const struct table *t, uint32_t row, const void *what)
{
	return !memcmp(table_at(t, row), what, t->row_size);
}

/* The same as below for rows of one word, stacks above all, of which there are most by far. */
static uint32_t add_word(struct table *t, const void *row)
{
	uint64_t word, known;
	memcpy(&word, row, sizeof(word));
	uint64_t hash = fold(word ^ t->seed ^ 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9 ^ t->seed);
	uint32_t mask = t->slot_count - 1, at = start_of(hash, t->slot_count);
	for (; t->slot_count && t->slots[at]; at = (at + 1) & mask) {
		uint32_t found = (uint32_t)t->slots[at] - 1;
		if (!slot_is(t->slots[at], hash))
			continue;
		memcpy(&known, table_at(t, found), sizeof(known));
		if (known == word)
			return found;
	}
	return table_append(t, hash, row);
}

uint32_t table_add(struct table *t, const void *row)
{
	if (t->row_size == sizeof(uint64_t))
		return add_word(t, row);
	uint64_t hash = table_hash(row, t->row_size, t->seed);
	uint32_t found = table_find(t, hash, is_same_row, row);
	return found != TABLE_NONE ? found : table_append(t, hash, row);
}
