/* SPDX-License-Identifier: Apache-2.0 */
/* selection.h -- the profiles that a query has found, oldest first, and never too many of them. */
#pragma once

#include "collector/store.h"

struct selected {
	int64_t time_ns;
	char id[STORE_ID_SIZE];
	uint64_t sequence; /* see store_record; 0: not known */
	bool is_sum;
	char *text; /* what a query wants to say of it, from malloc, or NULL */
};

struct selection {
	size_t newest; /* only so many, the newest, are kept; 0: all */
	size_t most;   /* beyond, too_many is set and the search ends */
	char *(*describe)(const struct store_profile *); /* makes the text; NULL: there is none */
	size_t text_max, text_size; /* bytes of all texts; beyond the first, too_many is set too */
	bool too_many;
	const struct store_query *query; /* of selection_cover, which has to stay as long */
	bool has_sums;
	uint64_t profiles; /* that it is of */
	int64_t oldest_ns; /* older ones are not kept any more */
	struct selected *at;
	size_t count, room;
};

/* [any]    Finds them and sorts them. Too many are -E2BIG, otherwise 0 or what the store said. The
 *          caller clears it in any case. */
int selection_find(struct selection *, struct store *, const struct store_query *);
/* [any]    The same, but what is selected may be sums of profiles, see store.h. */
int selection_cover(struct selection *, struct store *, const struct store_query *);
/* [any]    Frees what was found. */
void selection_clear(struct selection *);
