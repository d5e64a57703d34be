/* SPDX-License-Identifier: Apache-2.0 */
/* drawn_profile.h -- a merged profile as a test draws it: stacks such as "main;work>inlined;@1a0",
 * callers first, ">" before what is inlined, "@" before an address without a function. */
#pragma once

#include "collector/array.h"
#include "collector/merged.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static inline uint32_t draw_text(struct merged *m, const char *text)
{
	return dictionary_text(m->dictionary, text, strlen(text));
}

/* An empty one with these sample types, "cpu/ns", and one mapping, /bin/drawn at 0x1000. */
static inline struct merged *draw(const char *const *types, uint32_t count)
{
	struct merged *m = merged_create(16 << 20, 1);
	struct dictionary_mapping mapping = {.size = 1, .flags = DICTIONARY_IS_MAPPING};
	ck_assert_ptr_nonnull(m);
	m->types = calloc(count + 1, sizeof(*m->types));
	m->type_count = count;
	for (uint32_t i = 0; i < count; i++) {
		const char *slash = strchr(types[i], '/');
		m->types[i].type =
			dictionary_text(m->dictionary, types[i], (size_t)(slash - types[i]));
		m->types[i].unit = draw_text(m, slash + 1);
	}
	uint32_t row = dictionary_add(m->dictionary, DICTIONARY_MAPPINGS, &mapping);
	ck_assert(array_grow(&m->budget, (void **)&m->mappings, &m->mapping_max, row + 1,
			     sizeof(*m->mappings)));
	m->mappings[row] = (struct merged_mapping){
		.start = 0x1000, .offset = 0x200, .filename = draw_text(m, "/bin/drawn")};
	m->tally_count = 1;
	return m;
}

static inline uint32_t draw_line(struct merged *m, const char *name, uint32_t rest)
{
	struct dictionary_function function = {.name = draw_text(m, name),
					       .filename = draw_text(m, "drawn.c"),
					       .is_function = 1,
					       .start_line = 7};
	struct dictionary_line line = {.rest = rest, .line = 8};
	line.function = dictionary_add(m->dictionary, DICTIONARY_FUNCTIONS, &function);
	return dictionary_add(m->dictionary, DICTIONARY_LINES, &line);
}

/* "work>inlined", which is written to. */
static inline uint32_t draw_location(struct merged *m, char *frame)
{
	struct dictionary_location location = {.mapping = 1, .flags = DICTIONARY_IS_LOCATION};
	char *rest;
	if (*frame == '@')
		location.address = strtoull(frame + 1, NULL, 16);
	else
		for (char *name = strtok_r(frame, ">", &rest); name;
		     name = strtok_r(NULL, ">", &rest))
			location.lines = draw_line(m, name, location.lines);
	return dictionary_add(m->dictionary, DICTIONARY_LOCATIONS, &location);
}

/* Adds a sample; values are those of the first columns, the others stay as they are. */
static inline void draw_stack(struct merged *m, const char *frames, const int64_t *values,
			      uint32_t count)
{
	struct sheet_row row = {.labels = 1};
	char *copy = strdup(frames), *rest;
	for (char *frame = strtok_r(copy, ";", &rest); frame; frame = strtok_r(NULL, ";", &rest)) {
		struct dictionary_stack stack = {.caller = row.stack,
						 .location = draw_location(m, frame)};
		row.stack = dictionary_add(m->dictionary, DICTIONARY_STACKS, &stack);
	}
	free(copy);
	uint32_t number = table_add(&m->rows, &row);
	ck_assert(array_grow(&m->budget, (void **)&m->values, &m->value_max, number + 1,
			     m->type_count * sizeof(*m->values)));
	for (uint32_t i = 0; i < count; i++)
		m->values[(size_t)number * m->type_count + i] += values[i];
}
