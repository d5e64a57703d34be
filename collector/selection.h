/* SPDX-License-Identifier: Apache-2.0 */
/* selection.h -- the profiles that a query has found, oldest first, and never too many of them. */
#pragma once

#include "collector/store.h"

struct selected {
	int64_t time_ns;
	char id[STORE_ID_SIZE];
	char *text; /* what a query wants to say of it, from malloc, or NULL */
};

struct selection {
	size_t newest; /* only so many, the newest, are kept; 0: all */
	size_t most;   /* beyond, too_many is set and the search ends */
	char *(*describe)(const struct store_profile *); /* makes the text; NULL: there is none */
	bool too_many;
	int64_t oldest_ns; /* older ones are not kept any more */
	struct selected *at;
	size_t count, room;
};

/* [any]    Finds them and sorts them. Too many are -E2BIG, otherwise 0 or what the store said. The
 *          caller clears it in any case. */
int selection_find(struct selection *, struct store *, const struct store_query *);
/* [any]    Frees what was found. */
void selection_clear(struct selection *);
