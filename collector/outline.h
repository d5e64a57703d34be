/* SPDX-License-Identifier: Apache-2.0 */
/* outline.h -- as much of a tree of calls as somebody wants to see: its heaviest nodes, and for
 * what is left out below a node one child that stands for it, so that every sum stays what it is.
 *
 * The nodes are in the order of a walk that goes down first; so those of one depth are in the order
 * of their parents. Children come heaviest first, what is left out last.
 */
#pragma once

#include "collector/calls.h"

#define OUTLINE_REST UINT32_MAX /* a name */

enum {
	OUTLINE_LEAST = 2, /* nodes: the root, and all the rest */
};

struct outline_node {
	uint32_t name; /* text of the calls, 0 for the root, OUTLINE_REST */
	uint32_t depth;
};

struct outline {
	struct calls *calls;
	struct outline_node *nodes;
	struct calls_value *values; /* sides for each of nodes */
	uint32_t count, room;
	uint32_t left_out; /* nodes of the tree */
	uint32_t depth;	   /* of the deepest one */
};

/* [any]    The outline of calls, which it takes memory from and which have to outlive it, of at
 *          most so many nodes, OUTLINE_LEAST or more. 0, -ENOSPC, -ENOMEM; the caller closes it in
 *          any case. */
int outline_open(struct outline *, struct calls *, uint32_t most);
/* [any]    Frees it; one of zeros is fine. */
void outline_close(struct outline *);
/* [any]    The values of a node, one for each side. */
static inline const struct calls_value *outline_values_at(const struct outline *o, uint32_t node)
{
	return o->values + (size_t)node * o->calls->sides;
}
