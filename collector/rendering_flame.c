/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_flame.c -- a tree of calls as compact JSON, depth by depth. */
#include "collector/rendering.h"
#include "collector/rendering_head.h"
#include "collector/rendering_names.h"

#include <errno.h>
#include <stdlib.h>

/* The nodes of an outline by depth. */
struct levels {
	uint32_t *starts;  /* by depth: where its nodes begin in nodes; one more at the end */
	uint32_t *nodes;   /* of the outline */
	uint32_t *parents; /* by node of the outline: which one of its depth the parent is */
	uint32_t *seen;	   /* by depth: nodes so far */
};

static bool levels_open(struct levels *l, const struct outline *o)
{
	l->starts = calloc(o->depth + 2UL, sizeof(*l->starts));
	l->seen = calloc(o->depth + 1UL, sizeof(*l->seen));
	l->nodes = calloc(o->count, sizeof(*l->nodes));
	l->parents = calloc(o->count, sizeof(*l->parents));
	return l->starts && l->seen && l->nodes && l->parents;
}

static void levels_close(struct levels *l)
{
	free(l->starts);
	free(l->seen);
	free(l->nodes);
	free(l->parents);
}

static void levels_fill(struct levels *l, const struct outline *o)
{
	for (uint32_t i = 0; i < o->count; i++)
		l->starts[o->nodes[i].depth + 1]++;
	for (uint32_t depth = 0; depth <= o->depth; depth++)
		l->starts[depth + 1] += l->starts[depth];
	for (uint32_t i = 0; i < o->count; i++) {
		uint32_t depth = o->nodes[i].depth;
		l->parents[i] = depth ? l->seen[depth - 1] - 1 : 0;
		l->nodes[l->starts[depth] + l->seen[depth]++] = i;
	}
}

static void put_node(struct text *text, const struct outline *o, uint32_t node)
{
	const struct calls_value *values = outline_values_at(o, node);
	for (unsigned k = 0; k < o->calls->sides; k++) {
		text_append(text, ",", 1);
		text_number(text, values[k].total);
		text_append(text, ",", 1);
		text_number(text, values[k].self);
	}
}

static void put_level(struct text *text, const struct outline *o, const struct levels *l,
		      struct rendering_names *names, uint32_t depth)
{
	uint32_t before = 0;
	text_append(text, depth ? ",\n[" : "[", depth ? 3 : 1);
	for (uint32_t i = l->starts[depth]; i < l->starts[depth + 1]; i++) {
		uint32_t node = l->nodes[i];
		text_append(text, ",", i > l->starts[depth]);
		text_number(text, l->parents[node] - before);
		text_append(text, ",", 1);
		text_number(text, rendering_names_use(names, o->nodes[node].name));
		put_node(text, o, node);
		before = l->parents[node];
	}
	text_append(text, "]", 1);
}

static void put_names(struct text *text, const struct rendering_names *names)
{
	for (uint32_t i = 0; i < names->count; i++) {
		struct dictionary_text name = rendering_name(names->calls, names->names[i]);
		text_append(text, ",", i > 0);
		text_json_bytes(text, name.bytes, name.size);
	}
}

static void put_all(const struct rendering *r, struct text *text, const struct outline *o,
		    const struct levels *l, struct rendering_names *names)
{
	/* Numbers that are always the same. */
	rendering_names_use(names, 0);
	rendering_names_use(names, OUTLINE_REST);
	rendering_head(r, text);
	text_printf(text, ",\"nodes\":%u,\"left_out\":%u,\"levels\":[\n", o->count, o->left_out);
	for (uint32_t depth = 0; depth <= o->depth && !text->failed; depth++)
		put_level(text, o, l, names, depth);
	text_printf(text, "],\n\"names\":[");
	put_names(text, names);
	text_printf(text, "]}}\n");
}

int rendering_flame(const struct rendering *r, struct text *text)
{
	struct rendering_names names = {0};
	struct outline outline;
	struct levels levels = {0};
	int error = outline_open(&outline, r->calls, r->most);
	if (!error)
		error = rendering_names_open(&names, r->calls);
	if (!error && !levels_open(&levels, &outline))
		error = -ENOMEM;
	if (!error) {
		levels_fill(&levels, &outline);
		put_all(r, text, &outline, &levels, &names);
	}
	levels_close(&levels);
	rendering_names_close(&names);
	outline_close(&outline);
	return error;
}
