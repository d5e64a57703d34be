/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c -- who called whom, and what it took. */
#include "collector/calls.h"

#include "collector/array.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	UNNAMED_SIZE = 512, /* of "[FILE+0xADDRESS]" */
	MARKED = UINT32_MAX,
};

static const char no_stack[] = "[no stack]";

/* One merged profile on its way into the tree. */
struct adding {
	struct calls *calls;
	const struct merged *merged;
	const struct dictionary *from;
	uint32_t *nodes;     /* by stack; 0: not used, MARKED: used, but not there yet */
	uint32_t *functions; /* texts of calls, by function; 0: not looked up yet */
	uint32_t *unnamed;   /* the same for locations without a function, by location */
	uint32_t *path;	     /* of names: one location, the innermost first */
	uint32_t node_max, function_max, unnamed_max, path_max;
};

struct calls *calls_create(size_t max, unsigned sides, uint64_t seed)
{
	struct calls *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->sides = sides;
	c->max = max;
	c->budget.left = max - max / 4;
	c->texts = dictionary_create(max / 4, seed);
	if (c->texts && table_open(&c->nodes, sizeof(struct calls_node), seed, &c->budget) &&
	    array_grow(&c->budget, (void **)&c->values, &c->value_max, 1,
		       sides * sizeof(*c->values)))
		return c;
	calls_destroy(c);
	return NULL;
}

void calls_destroy(struct calls *c)
{
	if (!c)
		return;
	dictionary_destroy(c->texts);
	table_close(&c->nodes);
	free(c->values);
	free(c->places);
	free(c);
}

/* ---- names --------------------------------------------------------------------------------- */

static uint32_t copy_text(struct adding *a, uint32_t text)
{
	const struct dictionary_text *t = dictionary_text_at(a->from, text);
	return dictionary_text(a->calls->texts, t->bytes, t->size);
}

/* Where the code of this name is, unless another one of the name was first. */
static uint32_t keep_place(struct adding *a, uint32_t name, const struct dictionary_location *l,
			   const struct dictionary_function *f)
{
	struct calls *c = a->calls;
	if (name == DICTIONARY_NONE || !array_grow(&c->budget, (void **)&c->places, &c->place_max,
						   name + 1ULL, sizeof(*c->places)))
		return DICTIONARY_NONE;
	struct calls_place *place = &c->places[name];
	if (place->file || place->binary)
		return name;
	place->file = f ? copy_text(a, f->filename) : 0;
	place->binary = l->mapping ? copy_text(a, a->merged->mappings[l->mapping].filename) : 0;
	place->line = f ? f->start_line : 0;
	return place->file == DICTIONARY_NONE || place->binary == DICTIONARY_NONE ? DICTIONARY_NONE
										  : name;
}

/* What could not be symbolised is called by where it lies in its file. */
static uint32_t name_of_address(struct adding *a, uint32_t location)
{
	const struct dictionary_location *l = dictionary_location_at(a->from, location);
	char name[UNNAMED_SIZE];
	if (a->unnamed[location])
		return a->unnamed[location];
	if (l->mapping) {
		const struct merged_mapping *m = &a->merged->mappings[l->mapping];
		const struct dictionary_text *path = dictionary_text_at(a->from, m->filename);
		const char *file = (const char *)path->bytes, *end = file + path->size;
		const char *slash = path->size ? memrchr(file, '/', path->size) : NULL;
		file = slash ? slash + 1 : file;
		int size = end - file < UNNAMED_SIZE / 2 ? (int)(end - file) : UNNAMED_SIZE / 2;
		snprintf(name, sizeof(name), "[%.*s+0x%" PRIx64 "]", path->size ? size : 9,
			 path->size ? file : "anonymous", l->address + m->offset);
	} else {
		snprintf(name, sizeof(name), "[0x%" PRIx64 "]", l->address);
	}
	uint32_t text = dictionary_text(a->calls->texts, name, strlen(name));
	return a->unnamed[location] = keep_place(a, text, l, NULL);
}

static uint32_t name_of_function(struct adding *a, uint32_t location, uint32_t function)
{
	const struct dictionary_location *l = dictionary_location_at(a->from, location);
	const struct dictionary_function *f = dictionary_function_at(a->from, function);
	uint32_t name = f->name ? f->name : f->system_name;
	if (!name)
		return name_of_address(a, location);
	if (!a->functions[function])
		a->functions[function] = keep_place(a, copy_text(a, name), l, f);
	return a->functions[function];
}

/* ---- nodes --------------------------------------------------------------------------------- */

/* The child of this name; TABLE_NONE beyond the budget or without memory. */
static uint32_t child(struct calls *c, uint32_t parent, uint32_t name)
{
	struct calls_node node = {parent, name};
	if (parent == TABLE_NONE || name == DICTIONARY_NONE)
		return TABLE_NONE;
	uint32_t found = table_add(&c->nodes, &node);
	if (found == TABLE_NONE || !array_grow(&c->budget, (void **)&c->values, &c->value_max,
					       found + 1ULL, c->sides * sizeof(*c->values)))
		return TABLE_NONE;
	return found;
}

/* The node of a location called from a node: one for each function that is inlined there, from the
 * outermost to the innermost one. */
static uint32_t descend(struct adding *a, uint32_t node, uint32_t location)
{
	uint32_t at = dictionary_location_at(a->from, location)->lines, count = 0;
	if (!at)
		return child(a->calls, node, name_of_address(a, location));
	while (at) {
		const struct dictionary_line *line = dictionary_line_at(a->from, at);
		if (!array_grow(&a->calls->budget, (void **)&a->path, &a->path_max, count + 1ULL,
				sizeof(*a->path)))
			return TABLE_NONE;
		a->path[count++] = name_of_function(a, location, line->function);
		at = line->rest;
	}
	while (count-- > 0)
		node = child(a->calls, node, a->path[count]);
	return node;
}

/* All that stand on a stack that took something. */
static void mark_stacks(struct adding *a, uint32_t column)
{
	const struct merged *m = a->merged;
	for (uint32_t i = 1; i < table_count(&m->rows); i++) {
		const struct sheet_row *row = table_at(&m->rows, i);
		if (!m->values[(size_t)i * m->type_count + column])
			continue;
		for (uint32_t s = row->stack; s && !a->nodes[s];) {
			a->nodes[s] = MARKED;
			s = dictionary_stack_at(a->from, s)->caller;
		}
	}
}

/* A caller has a smaller number than what it calls, so its node is there first. */
static bool make_nodes(struct adding *a)
{
	uint32_t count = dictionary_count(a->from, DICTIONARY_STACKS);
	for (uint32_t s = 1; s < count; s++) {
		const struct dictionary_stack *stack = dictionary_stack_at(a->from, s);
		if (a->nodes[s] != MARKED)
			continue;
		a->nodes[s] = descend(a, a->nodes[stack->caller], stack->location);
		if (a->nodes[s] == TABLE_NONE)
			return false;
	}
	return true;
}

static bool add_values(struct adding *a, unsigned side, uint32_t column)
{
	const struct merged *m = a->merged;
	struct calls *c = a->calls;
	for (uint32_t i = 1; i < table_count(&m->rows); i++) {
		const struct sheet_row *row = table_at(&m->rows, i);
		int64_t value = m->values[(size_t)i * m->type_count + column];
		uint32_t node = a->nodes[row->stack];
		if (!value)
			continue;
		if (!row->stack)
			node = child(c, 0,
				     dictionary_text(c->texts, no_stack, sizeof no_stack - 1));
		if (node == TABLE_NONE)
			return false;
		int64_t *self = &calls_values_at(c, node)[side].self;
		*self = (int64_t)((uint64_t)*self + (uint64_t)value);
	}
	return true;
}

static bool open_rows(struct adding *a, uint32_t **rows, uint32_t *max, enum dictionary_kind kind)
{
	return array_grow(&a->calls->budget, (void **)rows, max, dictionary_count(a->from, kind),
			  sizeof(**rows));
}

static void close_rows(struct adding *a, uint32_t *rows, uint32_t max)
{
	a->calls->budget.left += max * sizeof(*rows);
	free(rows);
}

int calls_add(struct calls *c, unsigned side, const struct merged *merged, uint32_t column)
{
	struct adding a = {.calls = c, .merged = merged, .from = merged->dictionary};
	bool is_whole = false;
	if (open_rows(&a, &a.nodes, &a.node_max, DICTIONARY_STACKS) &&
	    open_rows(&a, &a.functions, &a.function_max, DICTIONARY_FUNCTIONS) &&
	    open_rows(&a, &a.unnamed, &a.unnamed_max, DICTIONARY_LOCATIONS)) {
		mark_stacks(&a, column);
		is_whole = make_nodes(&a) && add_values(&a, side, column);
	}
	close_rows(&a, a.nodes, a.node_max);
	close_rows(&a, a.functions, a.function_max);
	close_rows(&a, a.unnamed, a.unnamed_max);
	close_rows(&a, a.path, a.path_max);
	if (is_whole)
		return 0;
	return c->budget.is_full || dictionary_is_full(c->texts) ? -ENOSPC : -ENOMEM;
}

/* ---- sums ---------------------------------------------------------------------------------- */

/* What all nodes up to one sum up to is scaled, not each by itself: so nothing is lost by rounding,
 * and no node is off by more than 1. */
void calls_scale(struct calls *c, unsigned side, int64_t total)
{
	__int128 sum = 0, so_far = 0;
	int64_t before = 0;
	for (uint32_t i = 0; i < calls_count(c); i++) {
		sum += calls_values_at(c, i)[side].self;
		if (sum > INT64_MAX || sum < INT64_MIN)
			return;
	}
	if (!sum)
		return;
	for (uint32_t i = 0; i < calls_count(c); i++) {
		int64_t *self = &calls_values_at(c, i)[side].self;
		so_far += *self;
		int64_t scaled = (int64_t)(so_far * total / sum);
		*self = (int64_t)((uint64_t)scaled - (uint64_t)before);
		before = scaled;
	}
}

static void add_to_parent(struct calls *c, uint32_t node)
{
	struct calls_value *parent = calls_values_at(c, calls_node_at(c, node)->parent);
	const struct calls_value *values = calls_values_at(c, node);
	for (unsigned k = 0; k < c->sides; k++)
		parent[k].total = (int64_t)((uint64_t)parent[k].total + (uint64_t)values[k].total);
}

void calls_sum(struct calls *c)
{
	uint32_t count = calls_count(c);
	for (size_t i = 0; i < (size_t)count * c->sides; i++)
		c->values[i].total = c->values[i].self;
	for (uint32_t i = count; i-- > 1;)
		add_to_parent(c, i);
}
