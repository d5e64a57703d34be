/* SPDX-License-Identifier: Apache-2.0 */
/* sheet.h -- one profile against a dictionary: what it says once, and a row for each sample.
 *
 * All that google/pprof's merge can see of the profile is here, and nothing else: samples whose
 * values are all 0 are gone, and so is what only they refer to.
 */
#pragma once

#include "collector/dictionary.h"

struct sheet_type {
	uint32_t type, unit; /* texts */
};

struct sheet_base { /* where a mapping of the dictionary began */
	uint64_t start;
	uint32_t mapping;
};

/* Where in a merge something is told for the first time: the profile, then the place in it. */
struct sheet_order {
	int64_t time_ns;
	uint64_t sequence; /* of two profiles of one time the one with less comes first */
	uint32_t place;
};

struct sheet_row {
	uint32_t stack, labels; /* of the dictionary */
};

struct sheet {
	struct sheet_order order; /* of the profile, or of the first one of a sum; the reader's */
	/* Of a sum of several profiles: which of them told each; NULL: a single one's, order. */
	struct sheet_order *comment_orders, *base_orders;
	uint32_t type_count, comment_count, base_count, row_count;
	struct sheet_type *types;
	struct sheet_type period_type;
	uint32_t drop_frames, keep_frames, default_type, doc_url; /* texts */
	int64_t time_ns, duration_ns, period;
	struct view_text *comments; /* each is of this profile alone, so not of the dictionary */
	struct sheet_base *bases;   /* in the order of their first use, but the main binary first */
	bool is_main_idle;	    /* nothing refers to bases[0] */
	struct sheet_row *rows;
	int64_t *values; /* type_count for each row */
	int64_t *totals; /* type_count; a sum that is too large stays the largest; NULL: not summed
			    up */
};

/* [writer] Makes the sheet of a view. It lies in the arena, which the view may share; comments
 *          are the view's bytes. 0, -ENOSPC when the dictionary or the arena is full, -ENOMEM. */
int sheet_take(struct sheet *, struct arena *, const struct view *, struct dictionary *);
/* [any]    Less than 0 when a comes before b, more when after it. */
int sheet_compare(const struct sheet_order *a, const struct sheet_order *b);
/* [any]    Sums up the totals of a sheet. False when the arena is full or without memory. */
bool sheet_total(struct sheet *, struct arena *);
