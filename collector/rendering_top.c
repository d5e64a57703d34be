/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_top.c -- a tree of calls as a table of functions. */
#include "collector/rendering.h"
#include "collector/rendering_head.h"
#include "collector/rendering_names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct function {
	uint32_t name;
	uint32_t open; /* nodes of it on the path in hand */
	struct calls_value values[CALLS_SIDES_MAX];
};

struct table_of_functions {
	const struct rendering *rendering;
	struct rendering_names names; /* which give functions their numbers */
	struct function *functions;
	uint32_t *path; /* of functions, by depth */
};

/* ---- sums ---------------------------------------------------------------------------------- */

/* A function that is on the path already has what its callee took in its total. */
static void enter(struct table_of_functions *t, const struct outline *o, uint32_t node)
{
	uint32_t number = rendering_names_use(&t->names, o->nodes[node].name);
	struct function *f = &t->functions[number];
	const struct calls_value *values = outline_values_at(o, node);
	f->name = o->nodes[node].name;
	for (unsigned k = 0; k < o->calls->sides; k++) {
		struct calls_value *sum = &f->values[k];
		sum->self = (int64_t)((uint64_t)sum->self + (uint64_t)values[k].self);
		if (!f->open)
			sum->total = (int64_t)((uint64_t)sum->total + (uint64_t)values[k].total);
	}
	f->open++;
	t->path[o->nodes[node].depth] = number;
}

static void sum_up(struct table_of_functions *t, const struct outline *o)
{
	uint32_t open = 0; /* depths from 1 that are on the path */
	for (uint32_t i = 1; i < o->count; i++) {
		uint32_t depth = o->nodes[i].depth;
		while (open >= depth)
			t->functions[t->path[open--]].open--;
		enter(t, o, i);
		open = depth;
	}
}

static int open_sums(struct table_of_functions *t)
{
	struct calls *calls = t->rendering->calls;
	struct outline outline;
	int error = outline_open(&outline, calls, UINT32_MAX);
	if (!error)
		error = rendering_names_open(&t->names, calls);
	if (!error) {
		uint32_t most = dictionary_count(calls->texts, DICTIONARY_TEXTS);
		t->functions = calloc(most, sizeof(*t->functions));
		t->path = calloc(outline.depth + 1UL, sizeof(*t->path));
		error = t->functions && t->path ? 0 : -ENOMEM;
	}
	if (!error)
		sum_up(t, &outline);
	outline_close(&outline);
	return error;
}

/* ---- order --------------------------------------------------------------------------------- */

static uint64_t size_of(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static int64_t change(int64_t value, int64_t before)
{
	return (int64_t)((uint64_t)value - (uint64_t)before);
}

static int compare(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

/* Without a second side there is nothing but 0 on it. */
static int by_size(const void *a, const void *b)
{
	const struct calls_value *one = ((const struct function *)a)->values;
	const struct calls_value *two = ((const struct function *)b)->values;
	int order = compare(size_of(change(one[0].self, one[1].self)),
			    size_of(change(two[0].self, two[1].self)));
	if (!order)
		order = compare(size_of(change(one[0].total, one[1].total)),
				size_of(change(two[0].total, two[1].total)));
	if (!order)
		order = compare(size_of(one[0].total), size_of(two[0].total));
	if (!order)
		order = compare(((const struct function *)b)->name,
				((const struct function *)a)->name);
	return order;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_place(struct text *text, const struct calls *c, uint32_t name)
{
	const struct calls_place place = calls_place_of(c, name);
	const struct dictionary_text *file = dictionary_text_at(c->texts, place.file);
	const struct dictionary_text *binary = dictionary_text_at(c->texts, place.binary);
	text_append(text, ",\"file\":", 8);
	text_json_bytes(text, file->bytes, file->size);
	text_printf(text, ",\"line\":%" PRId64 ",\"binary\":", place.line);
	text_json_bytes(text, binary->bytes, binary->size);
}

static void put_values(struct text *text, const struct calls *c, const struct calls_value *v)
{
	text_printf(text, ",\"self\":%" PRId64 ",\"total\":%" PRId64, v[0].self, v[0].total);
	if (c->sides == 2)
		text_printf(text,
			    ",\"base_self\":%" PRId64 ",\"base_total\":%" PRId64
			    ",\"self_change\":%" PRId64 ",\"total_change\":%" PRId64,
			    v[1].self, v[1].total, change(v[0].self, v[1].self),
			    change(v[0].total, v[1].total));
}

static void put_function(struct text *text, const struct calls *c, const struct function *f)
{
	struct dictionary_text name = rendering_name(c, f->name);
	text_append(text, "{\"name\":", 8);
	text_json_bytes(text, name.bytes, name.size);
	put_place(text, c, f->name);
	put_values(text, c, f->values);
	text_append(text, "}", 1);
}

/* The totals of several functions overlap, so what is left out has none. */
static void put_rest(struct text *text, const struct calls *c, const struct function *from,
		     uint32_t count)
{
	int64_t self[CALLS_SIDES_MAX] = {0};
	for (uint32_t i = 0; i < count; i++)
		for (unsigned k = 0; k < c->sides; k++)
			self[k] = (int64_t)((uint64_t)self[k] + (uint64_t)from[i].values[k].self);
	text_printf(text, "],\n\"rest\":{\"functions\":%u,\"self\":%" PRId64, count, self[0]);
	if (c->sides == 2)
		text_printf(text, ",\"base_self\":%" PRId64 ",\"self_change\":%" PRId64, self[1],
			    change(self[0], self[1]));
	text_printf(text, "}}}\n");
}

int rendering_top(const struct rendering *r, struct text *text)
{
	struct table_of_functions t = {.rendering = r};
	int error = open_sums(&t);
	uint32_t count = t.names.count, shown = count < r->most ? count : r->most;
	if (!error) {
		qsort(t.functions, count, sizeof(*t.functions), by_size);
		rendering_head(r, text);
		text_append(text, ",\"functions\":[\n", 15);
		for (uint32_t i = 0; i < shown && !text->failed; i++) {
			text_append(text, ",\n", i ? 2 : 0);
			put_function(text, r->calls, &t.functions[i]);
		}
		put_rest(text, r->calls, t.functions + shown, count - shown);
	}
	rendering_names_close(&t.names);
	free(t.functions);
	free(t.path);
	return error;
}
