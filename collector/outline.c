/* SPDX-License-Identifier: Apache-2.0 */
/* outline.c -- as much of a tree of calls as somebody wants to see. */
#include "collector/outline.h"

#include "collector/array.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is needed while an outline is made, by node of the calls; the arrays lie in one block. */
struct plan {
	struct outline *outline;
	struct calls *calls;
	uint32_t count, kept;	/* nodes; those of them that are kept are the first ones of order */
	double *weights;	/* a parent's is not less than its child's */
	uint32_t *order;	/* the heaviest first, parents before children */
	uint32_t *missing;	/* children that are not kept */
	uint32_t *first, *next; /* children that are kept; 0: none */
	void *block;
	size_t size;
};

static bool open_plan(struct plan *p)
{
	struct table_budget *budget = &p->calls->budget;
	size_t count = p->count;
	p->size = count * (sizeof(double) + 4 * sizeof(uint32_t));
	if (p->size > budget->left) {
		budget->is_full = true;
		return false;
	}
	p->block = calloc(1, p->size);
	if (!p->block)
		return false;
	budget->left -= p->size;
	p->weights = p->block;
	p->order = (uint32_t *)(p->weights + count);
	p->missing = p->order + count;
	p->first = p->missing + count;
	p->next = p->first + count;
	return true;
}

static void close_plan(struct plan *p)
{
	if (p->block)
		p->calls->budget.left += p->size;
	free(p->block);
}

/* ---- what is kept -------------------------------------------------------------------------- */

static double magnitude(const struct calls *c, uint32_t node, unsigned side)
{
	return fabs((double)calls_values_at(c, node)[side].self);
}

/* Both sides count by their shares, however much more there is of one. */
static void weigh(struct plan *p)
{
	const struct calls *c = p->calls;
	for (unsigned k = 0; k < c->sides; k++) {
		double sum = 0;
		for (uint32_t i = 0; i < p->count; i++)
			sum += magnitude(c, i, k);
		for (uint32_t i = 0; i < p->count && sum > 0; i++)
			p->weights[i] += magnitude(c, i, k) / sum;
	}
	for (uint32_t i = p->count; i-- > 1;) {
		uint32_t parent = calls_node_at(c, i)->parent;
		p->weights[parent] += p->weights[i];
		p->missing[parent]++;
	}
}

static int heaviest_first(const void *a, const void *b, void *data)
{
	const double *weights = data;
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
	if (weights[one] != weights[two])
		return weights[one] > weights[two] ? -1 : 1;
	return one < two ? -1 : one > two;
}

/* The most of order that fits, with one more node for each that misses children. */
static void choose(struct plan *p, uint32_t most)
{
	uint32_t rests = 0;
	for (uint32_t i = 0; i < p->count; i++)
		p->order[i] = i;
	qsort_r(p->order, p->count, sizeof(*p->order), heaviest_first, p->weights);
	for (uint32_t i = 0; i < p->count && i < most; i++) {
		uint32_t node = p->order[i], parent = calls_node_at(p->calls, node)->parent;
		rests += p->missing[node] > 0;
		if (i && --p->missing[parent] == 0)
			rests--;
		if (i + 1 + rests <= most)
			p->kept = i + 1;
	}
}

/* Children are put in front of each other, so the lightest begins. */
static void link_kept(struct plan *p)
{
	memset(p->missing, 0, p->count * sizeof(*p->missing));
	for (uint32_t i = p->count; i-- > 1;) {
		uint32_t node = p->order[i], parent = calls_node_at(p->calls, node)->parent;
		if (i >= p->kept) {
			p->missing[parent]++;
			continue;
		}
		p->next[node] = p->first[parent];
		p->first[parent] = node;
	}
}

/* ---- the walk ------------------------------------------------------------------------------ */

static bool add_node(struct outline *o, uint32_t name, uint32_t depth)
{
	struct calls *c = o->calls;
	uint32_t room = o->room;
	if (!array_grow(&c->budget, (void **)&o->values, &room, o->count + 1ULL,
			c->sides * sizeof(*o->values)) ||
	    !array_grow(&c->budget, (void **)&o->nodes, &o->room, o->count + 1ULL,
			sizeof(*o->nodes)))
		return false;
	o->nodes[o->count++] = (struct outline_node){name, depth};
	if (depth > o->depth)
		o->depth = depth;
	return true;
}

static bool add_kept(struct outline *o, uint32_t node, uint32_t depth)
{
	if (!add_node(o, calls_node_at(o->calls, node)->name, depth))
		return false;
	memcpy(o->values + (size_t)(o->count - 1) * o->calls->sides,
	       calls_values_at(o->calls, node), o->calls->sides * sizeof(*o->values));
	return true;
}

/* What a node took, less itself and the children that are kept. */
static bool add_rest(struct plan *p, uint32_t node, uint32_t depth)
{
	struct outline *o = p->outline;
	if (!add_node(o, OUTLINE_REST, depth))
		return false;
	for (unsigned k = 0; k < p->calls->sides; k++) {
		const struct calls_value *value = &calls_values_at(p->calls, node)[k];
		uint64_t rest = (uint64_t)value->total - (uint64_t)value->self;
		for (uint32_t child = p->first[node]; child; child = p->next[child])
			rest -= (uint64_t)calls_values_at(p->calls, child)[k].total;
		o->values[(size_t)(o->count - 1) * p->calls->sides + k] =
			(struct calls_value){(int64_t)rest, (int64_t)rest};
	}
	return true;
}

/* From a node whose children have been walked to the next one, or to the root at the end. */
static bool leave(struct plan *p, uint32_t *node, uint32_t *depth)
{
	for (;; --*depth) {
		if (p->missing[*node] && !add_rest(p, *node, *depth + 1))
			return false;
		if (!*node)
			return true;
		if (p->next[*node]) {
			*node = p->next[*node];
			return true;
		}
		*node = calls_node_at(p->calls, *node)->parent;
	}
}

static bool walk(struct plan *p)
{
	uint32_t node = 0, depth = 0;
	do {
		if (!add_kept(p->outline, node, depth))
			return false;
		if (p->first[node]) {
			node = p->first[node];
			depth++;
		} else if (!leave(p, &node, &depth)) {
			return false;
		}
	} while (node);
	return true;
}

int outline_open(struct outline *o, struct calls *calls, uint32_t most)
{
	struct plan p = {.outline = o, .calls = calls, .count = calls_count(calls)};
	*o = (struct outline){.calls = calls};
	bool is_whole = open_plan(&p);
	if (is_whole) {
		weigh(&p);
		choose(&p, most);
		link_kept(&p);
		o->left_out = p.count - p.kept;
		is_whole = walk(&p);
	}
	close_plan(&p);
	if (is_whole)
		return 0;
	return calls->budget.is_full ? -ENOSPC : -ENOMEM;
}

void outline_close(struct outline *o)
{
	free(o->nodes);
	free(o->values);
	*o = (struct outline){0};
}
