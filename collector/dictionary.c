/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.c -- what many profiles have in common, each thing once, under numbers that stay. */
#include "collector/dictionary.h"

#include <stdlib.h>
#include <string.h>

static const size_t row_sizes[DICTIONARY_KINDS] = {
	[DICTIONARY_TEXTS] = sizeof(struct dictionary_text),
	[DICTIONARY_FUNCTIONS] = sizeof(struct dictionary_function),
	[DICTIONARY_MAPPINGS] = sizeof(struct dictionary_mapping),
	[DICTIONARY_LINES] = sizeof(struct dictionary_line),
	[DICTIONARY_LOCATIONS] = sizeof(struct dictionary_location),
	[DICTIONARY_STACKS] = sizeof(struct dictionary_stack),
	[DICTIONARY_LABELS] = sizeof(struct dictionary_label),
};

/* Rows are compared as bytes, so that they may have no holes. */
_Static_assert(sizeof(struct dictionary_function) == 24, "no padding");
_Static_assert(sizeof(struct dictionary_mapping) == 32, "no padding");
_Static_assert(sizeof(struct dictionary_line) == 24, "no padding");
_Static_assert(sizeof(struct dictionary_location) == 24, "no padding");
_Static_assert(sizeof(struct dictionary_stack) == 8, "no padding");
_Static_assert(sizeof(struct dictionary_label) == 24, "no padding");

struct dictionary *dictionary_create(size_t max, uint64_t seed)
{
	struct dictionary *d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->budget.left = max;
	for (size_t kind = 0; kind < DICTIONARY_KINDS; kind++) {
		if (table_open(&d->tables[kind], row_sizes[kind], seed, &d->budget))
			continue;
		dictionary_destroy(d);
		return NULL;
	}
	return d;
}

void dictionary_destroy(struct dictionary *d)
{
	if (!d)
		return;
	for (size_t kind = 0; kind < DICTIONARY_KINDS; kind++)
		table_close(&d->tables[kind]);
	arena_free(&d->texts);
	free(d);
}

bool dictionary_is_full(const struct dictionary *d)
{
	return d->budget.is_full;
}

static bool is_same_text(const struct table *t, uint32_t row, const void *what)
{
	const struct dictionary_text *a = table_at(t, row), *b = what;
	return a->size == b->size && !memcmp(a->bytes, b->bytes, b->size);
}

/* The bytes of a new text, from the budget that the tables share. */
static const uint8_t *keep_bytes(struct dictionary *d, const void *bytes, size_t size)
{
	if (size > d->budget.left) {
		d->budget.is_full = true;
		return NULL;
	}
	d->texts.max = SIZE_MAX;
	uint8_t *kept = arena_take_raw(&d->texts, size, 1);
	if (!kept)
		return NULL;
	d->budget.left -= size;
	return memcpy(kept, bytes, size);
}

uint32_t dictionary_text(struct dictionary *d, const void *bytes, size_t size)
{
	struct table *t = &d->tables[DICTIONARY_TEXTS];
	struct dictionary_text text = {bytes, size};
	if (!size)
		return 0;
	uint64_t hash = table_hash(bytes, size, t->seed);
	uint32_t found = table_find(t, hash, is_same_text, &text);
	if (found != TABLE_NONE)
		return found;
	text.bytes = keep_bytes(d, bytes, size);
	return text.bytes ? table_append(t, hash, &text) : DICTIONARY_NONE;
}

uint32_t dictionary_add(struct dictionary *d, enum dictionary_kind kind, const void *row)
{
	return table_add(&d->tables[kind], row);
}

uint32_t dictionary_count(const struct dictionary *d, enum dictionary_kind kind)
{
	return table_count(&d->tables[kind]);
}
