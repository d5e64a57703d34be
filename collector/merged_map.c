/* SPDX-License-Identifier: Apache-2.0 */
/* merged_map.c -- what the rows of one dictionary are in a merged profile. */
#include "collector/merged_map.h"

#include "collector/array.h"

#include <stdlib.h>

enum {
	PAGE = 0x1000, /* google/pprof's, whatever the system's is */
};

/* Each array is by the rows of the dictionary: the row in merged, 0: not looked up yet. */
struct merged_map {
	struct merged *to;
	const struct dictionary *from;
	uint32_t counts[DICTIONARY_KINDS]; /* of the dictionary, when the arrays were made */
	size_t taken;			   /* of the budget */
	uint32_t *texts, *functions, *mappings, *lines, *locations, *stacks, *labels;
	uint32_t *path; /* the part of a chain that is not known yet */
	uint32_t path_max;
};

static uint32_t *take(struct merged_map *m, enum dictionary_kind kind)
{
	size_t size = m->counts[kind] * sizeof(uint32_t);
	struct table_budget *budget = &m->to->budget;
	if (size > budget->left) {
		budget->is_full = true;
		return NULL;
	}
	uint32_t *rows = calloc(1, size); /* pages that nobody needs are never touched */
	if (rows) {
		budget->left -= size;
		m->taken += size;
	}
	return rows;
}

struct merged_map *merged_map_create(struct merged *to, const struct dictionary *from)
{
	struct merged_map *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->to = to;
	m->from = from;
	for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++)
		m->counts[kind] = dictionary_count(from, kind);
	if ((m->texts = take(m, DICTIONARY_TEXTS)) &&
	    (m->functions = take(m, DICTIONARY_FUNCTIONS)) &&
	    (m->mappings = take(m, DICTIONARY_MAPPINGS)) &&
	    (m->lines = take(m, DICTIONARY_LINES)) &&
	    (m->locations = take(m, DICTIONARY_LOCATIONS)) &&
	    (m->stacks = take(m, DICTIONARY_STACKS)) && (m->labels = take(m, DICTIONARY_LABELS)))
		return m;
	merged_map_destroy(m);
	return NULL;
}

void merged_map_destroy(struct merged_map *m)
{
	if (!m)
		return;
	m->to->budget.left += m->taken + m->path_max * sizeof(*m->path);
	free(m->texts);
	free(m->functions);
	free(m->mappings);
	free(m->lines);
	free(m->locations);
	free(m->stacks);
	free(m->labels);
	free(m->path);
	free(m);
}

bool merged_map_covers(const struct merged_map *m, const struct dictionary *from)
{
	bool covers = m->from == from;
	for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS && covers; kind++)
		covers = dictionary_count(from, kind) == m->counts[kind];
	return covers;
}

uint32_t merged_map_text(struct merged_map *m, uint32_t text)
{
	const struct dictionary_text *t = dictionary_text_at(m->from, text);
	if (!m->texts[text])
		m->texts[text] = dictionary_text(m->to->dictionary, t->bytes, t->size);
	return m->texts[text];
}

/* A row of the kind, unless one of the rows that it refers to could not be made. */
static uint32_t add(struct merged_map *m, enum dictionary_kind kind, const void *row,
		    const uint32_t *needs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (needs[i] == DICTIONARY_NONE)
			return DICTIONARY_NONE;
	return dictionary_add(m->to->dictionary, kind, row);
}

static uint32_t map_function(struct merged_map *m, uint32_t function)
{
	const struct dictionary_function *f = dictionary_function_at(m->from, function);
	if (m->functions[function])
		return m->functions[function];
	uint32_t texts[] = {merged_map_text(m, f->name), merged_map_text(m, f->system_name),
			    merged_map_text(m, f->filename)};
	struct dictionary_function row = {.name = texts[0],
					  .system_name = texts[1],
					  .filename = texts[2],
					  .is_function = 1,
					  .start_line = f->start_line};
	return m->functions[function] = add(m, DICTIONARY_FUNCTIONS, &row, texts, 3);
}

/* ---- chains -------------------------------------------------------------------------------------
 */

struct chain {
	uint32_t *rows; /* by the rows of the dictionary */
	uint32_t (*rest)(const struct dictionary *, uint32_t row);
	uint32_t (*add)(struct merged_map *, uint32_t row, uint32_t rest);
};

/* From the first row that is known, or the end of the chain, back to the row. */
static uint32_t map_chain(struct merged_map *m, const struct chain *chain, uint32_t row)
{
	uint32_t count = 0;
	for (; row && !chain->rows[row]; row = chain->rest(m->from, row)) {
		if (!array_grow(&m->to->budget, (void **)&m->path, &m->path_max, count + 1ULL,
				sizeof(*m->path)))
			return DICTIONARY_NONE;
		m->path[count++] = row;
	}
	uint32_t mapped = row ? chain->rows[row] : 0;
	while (count-- > 0 && mapped != DICTIONARY_NONE) {
		uint32_t next = m->path[count];
		mapped = chain->rows[next] = chain->add(m, next, mapped);
	}
	return mapped;
}

static uint32_t rest_of_line(const struct dictionary *d, uint32_t row)
{
	return dictionary_line_at(d, row)->rest;
}

static uint32_t add_line(struct merged_map *m, uint32_t row, uint32_t rest)
{
	struct dictionary_line line = *dictionary_line_at(m->from, row);
	line.rest = rest;
	line.function = map_function(m, line.function);
	return add(m, DICTIONARY_LINES, &line, &line.function, 1);
}

static uint32_t rest_of_label(const struct dictionary *d, uint32_t row)
{
	return dictionary_label_at(d, row)->rest;
}

static uint32_t add_label(struct merged_map *m, uint32_t row, uint32_t rest)
{
	struct dictionary_label label = *dictionary_label_at(m->from, row);
	label.rest = rest;
	label.key = merged_map_text(m, label.key);
	label.text = merged_map_text(m, label.text);
	return add(m, DICTIONARY_LABELS, &label, (uint32_t[]){label.key, label.text}, 2);
}

uint32_t merged_map_labels(struct merged_map *m, uint32_t labels)
{
	struct chain chain = {m->labels, rest_of_label, add_label};
	return map_chain(m, &chain, labels);
}

/* ---- mappings, locations, stacks ----------------------------------------------------------------
 */

static struct dictionary_mapping key_of(const struct merged_mapping *m)
{
	uint64_t size = m->size + PAGE - 1;
	return (struct dictionary_mapping){.size = size - size % PAGE,
					   .offset = m->offset,
					   .build_id = m->build_id ? m->build_id : m->filename,
					   .flags = DICTIONARY_IS_MAPPING};
}

bool merged_map_base(struct merged_map *m, const struct tally_base *base)
{
	const struct dictionary_mapping *from = dictionary_mapping_at(m->from, base->base.mapping);
	struct merged *to = m->to;
	uint32_t texts[] = {merged_map_text(m, from->filename), merged_map_text(m, from->build_id)};
	struct merged_mapping row = {.start = base->base.start,
				     .size = from->size,
				     .offset = from->offset,
				     .filename = texts[0],
				     .build_id = texts[1],
				     .flags = from->flags & ~(uint32_t)DICTIONARY_IS_MAPPING,
				     .order = base->order};
	struct dictionary_mapping key = key_of(&row);
	uint32_t known = dictionary_count(to->dictionary, DICTIONARY_MAPPINGS);
	uint32_t found = add(m, DICTIONARY_MAPPINGS, &key, texts, 2);
	if (found == DICTIONARY_NONE ||
	    !array_grow(&to->budget, (void **)&to->mappings, &to->mapping_max, found + 1ULL,
			sizeof(*to->mappings)))
		return false;
	if (found >= known || sheet_compare(&row.order, &to->mappings[found].order) < 0)
		to->mappings[found] = row;
	m->mappings[base->base.mapping] = found;
	return true;
}

/* A mapping that no base tells of is nobody's, and begins at 0. */
static uint32_t map_mapping(struct merged_map *m, uint32_t mapping)
{
	const struct tally_base unknown = {{0, mapping}, {.time_ns = INT64_MAX}};
	if (!m->mappings[mapping] && !merged_map_base(m, &unknown))
		return DICTIONARY_NONE;
	return m->mappings[mapping];
}

static uint32_t map_location(struct merged_map *m, uint32_t location)
{
	const struct dictionary_location *from = dictionary_location_at(m->from, location);
	if (m->locations[location])
		return m->locations[location];
	struct dictionary_location row = {
		.address = from->address,
		.mapping = from->mapping ? map_mapping(m, from->mapping) : 0,
		.lines = map_chain(m, &(struct chain){m->lines, rest_of_line, add_line},
				   from->lines),
		.flags = from->flags};
	return m->locations[location] =
		       add(m, DICTIONARY_LOCATIONS, &row, (uint32_t[]){row.lines, row.mapping}, 2);
}

static uint32_t caller_of(const struct dictionary *d, uint32_t row)
{
	return dictionary_stack_at(d, row)->caller;
}

static uint32_t add_stack(struct merged_map *m, uint32_t row, uint32_t caller)
{
	struct dictionary_stack stack = {
		.caller = caller,
		.location = map_location(m, dictionary_stack_at(m->from, row)->location)};
	return add(m, DICTIONARY_STACKS, &stack, &stack.location, 1);
}

/* map_location walks the chains of lines over the same path, so it must not be in the middle of
 * one: the locations of a stack come first. */
uint32_t merged_map_stack(struct merged_map *m, uint32_t stack)
{
	for (uint32_t at = stack; at && !m->stacks[at]; at = caller_of(m->from, at))
		if (map_location(m, dictionary_stack_at(m->from, at)->location) == DICTIONARY_NONE)
			return DICTIONARY_NONE;
	return map_chain(m, &(struct chain){m->stacks, caller_of, add_stack}, stack);
}
