/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h -- who called whom, and what it took: the stacks of one or two merged profiles as one
 * tree of functions.
 *
 * A node is a function as it was called from its parent, inlined ones too; functions are the same
 * when their names are, wherever their code lies, so that two builds of a program can be compared.
 * Node 0 is the root, and a parent has a smaller number than its children.
 */
#pragma once

#include "collector/merged.h"

enum {
	CALLS_SIDES_MAX = 2,
};

struct calls_node {
	uint32_t parent;
	uint32_t name; /* text; 0 for the root alone */
};

struct calls_place {	       /* of the first function of a name */
	uint32_t file, binary; /* texts, 0: not known */
	int64_t line;
};

struct calls_value {
	int64_t self, total; /* total: once calls_sum has run */
};

struct calls {
	struct dictionary *texts;
	struct table nodes;	    /* of struct calls_node */
	struct calls_value *values; /* sides for each node */
	struct calls_place *places; /* by text */
	unsigned sides;
	size_t max;		    /* bytes for all of it */
	struct table_budget budget; /* for all but the texts, and for what is made of the tree */
	uint32_t value_max, place_max;
};

/* [any]    No calls yet, for one side or two; it will take at most about max bytes. NULL without
 *          memory. */
struct calls *calls_create(size_t max, unsigned sides, uint64_t seed);
/* [any]    NULL is fine. */
void calls_destroy(struct calls *);
/* [any]    Adds one column of a merged profile to a side. 0, -ENOSPC beyond max, -ENOMEM: then it
 *          can only be destroyed. */
int calls_add(struct calls *, unsigned side, const struct merged *, uint32_t column);
/* [any]    Scales what nodes of a side took by themselves, so that it sums up to total exactly.
 *          Nothing happens when it sums up to 0 now, or to more than 64 bits hold. */
void calls_scale(struct calls *, unsigned side, int64_t total);
/* [any]    Sums up the totals, after all else. */
void calls_sum(struct calls *);

/* [any]    Bytes that it takes. */
static inline size_t calls_memory(const struct calls *c)
{
	return c->max - c->budget.left - c->texts->budget.left;
}
/* [any]    Nodes, the root among them. */
static inline uint32_t calls_count(const struct calls *c)
{
	return table_count(&c->nodes);
}
static inline const struct calls_node *calls_node_at(const struct calls *c, uint32_t node)
{
	return table_at(&c->nodes, node);
}
/* [any]    The values of a node, one for each side. */
static inline struct calls_value *calls_values_at(const struct calls *c, uint32_t node)
{
	return c->values + (size_t)node * c->sides;
}
/* [any]    Where the code of a name is, as far as that is known. */
static inline struct calls_place calls_place_of(const struct calls *c, uint32_t name)
{
	return name < c->place_max ? c->places[name] : (struct calls_place){0};
}
