/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.h -- what many profiles have in common, each thing once, under numbers that stay.
 *
 * Texts, functions, mappings, lines, locations, stacks, labels. Whatever consists of several others
 * is a chain of rows that share their ends: a stack is its leaf and the stack that called it, so
 * that all stacks together are one tree, and a caller has a smaller number than what it calls. A
 * location is an offset into its mapping, for the same program lies elsewhere in every process;
 * where a mapping began is told by each profile.
 *
 * Number 0 is the empty text, no mapping, the empty stack, no label. One thread adds at a time; any
 * number of others may read what it has given them meanwhile.
 */
#pragma once

#include "collector/table.h"
#include "collector/view.h"

#define DICTIONARY_NONE TABLE_NONE

enum dictionary_kind {
	DICTIONARY_TEXTS,
	DICTIONARY_FUNCTIONS,
	DICTIONARY_MAPPINGS,
	DICTIONARY_LINES,
	DICTIONARY_LOCATIONS,
	DICTIONARY_STACKS,
	DICTIONARY_LABELS,
	DICTIONARY_KINDS,
};

struct dictionary_text {
	const uint8_t *bytes;
	uint64_t size;
};

struct dictionary_function {
	uint32_t name, system_name, filename; /* texts */
	uint32_t is_function;		      /* 1 */
	int64_t start_line;
};

enum {
	DICTIONARY_IS_MAPPING = 16, /* beside the flags of enum view_mapping_flag */
};

struct dictionary_mapping {
	uint64_t size, offset;
	uint32_t filename, build_id; /* texts */
	uint32_t flags, zero;
};

struct dictionary_line { /* of a location, the innermost one is the head of the chain */
	uint32_t rest;	 /* line: whoever it was inlined into */
	uint32_t function;
	int64_t line, column;
};

enum {
	DICTIONARY_IS_LOCATION = 1,
	DICTIONARY_IS_FOLDED = 2,
};

struct dictionary_location {
	uint64_t address; /* less the start of the mapping, if there is one */
	uint32_t mapping, lines, flags, zero;
};

struct dictionary_stack {
	uint32_t caller; /* stack */
	uint32_t location;
};

enum dictionary_label_kind {
	DICTIONARY_LABEL_TEXT = 1,
	DICTIONARY_LABEL_NUMBER,
	DICTIONARY_LABEL_NUMBER_UNIT, /* all numbers of a key have a unit, "" if need be, or none */
};

struct dictionary_label {
	uint32_t rest; /* label: in the order of google/pprof, texts before numbers, by key */
	uint32_t kind; /* of enum dictionary_label_kind */
	uint32_t key, text;
	int64_t number;
};

struct dictionary {
	struct table tables[DICTIONARY_KINDS];
	struct table_budget budget;
	struct arena texts;
};

/* [any]    An empty dictionary that takes at most about max bytes of memory. seed is anything that
 *          an enemy cannot know. NULL without memory. */
struct dictionary *dictionary_create(size_t max, uint64_t seed);
/* [any]    NULL is fine. */
void dictionary_destroy(struct dictionary *);
/* [writer] Whether something was refused because of max. It stays so. */
bool dictionary_is_full(const struct dictionary *);
/* [writer] The number of a text. DICTIONARY_NONE when full or without memory. */
uint32_t dictionary_text(struct dictionary *, const void *bytes, size_t size);
/* [writer] The number of a row of any other kind, whose fields that are not used are 0.
 *          DICTIONARY_NONE when full or without memory. */
uint32_t dictionary_add(struct dictionary *, enum dictionary_kind, const void *row);
/* [any]    Rows of a kind, row 0 among them. */
uint32_t dictionary_count(const struct dictionary *, enum dictionary_kind);

/* [any]    A row by its number. */
static inline const struct dictionary_text *dictionary_text_at(const struct dictionary *d,
							       uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_TEXTS], row);
}
static inline const struct dictionary_function *dictionary_function_at(const struct dictionary *d,
								       uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_FUNCTIONS], row);
}
static inline const struct dictionary_mapping *dictionary_mapping_at(const struct dictionary *d,
								     uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_MAPPINGS], row);
}
static inline const struct dictionary_line *dictionary_line_at(const struct dictionary *d,
							       uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_LINES], row);
}
static inline const struct dictionary_location *dictionary_location_at(const struct dictionary *d,
								       uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_LOCATIONS], row);
}
static inline const struct dictionary_stack *dictionary_stack_at(const struct dictionary *d,
								 uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_STACKS], row);
}
static inline const struct dictionary_label *dictionary_label_at(const struct dictionary *d,
								 uint32_t row)
{
	return table_at(&d->tables[DICTIONARY_LABELS], row);
}
