/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h -- the sum of sheets that are all of one dictionary, for one thread.
 *
 * Sheets are added in the order of their profiles; one that is a sum already stands where its first
 * profile would. Nothing is decided yet that needs all of them: a sum that is 0 stays, and what
 * another tally may overrule is kept with its order.
 */
#pragma once

#include "collector/sheet.h"

enum {
	TALLY_ERROR_SIZE = 512,
};

struct tally_time { /* of one sheet; how they combine depends on their order */
	int64_t time_ns, period;
};

struct tally_base {
	struct sheet_base base;
	struct sheet_order order; /* of its first use */
};

struct tally {
	const struct dictionary *dictionary;
	struct table_budget *budget; /* for all that follows */
	struct table rows;	     /* of struct sheet_row */
	int64_t *values;	     /* type_count for each row; those of row 0 are not used */
	uint32_t *row_of_stack;	     /* the last one of a stack; 0: none yet, whose labels are 0 */
	uint32_t value_max, stack_max; /* rows and stacks there is room for */
	struct sheet_type *types;
	struct sheet_type period_type;
	uint32_t type_count;
	uint32_t drop_frames, keep_frames; /* of the first sheet */
	uint32_t default_type, doc_url;	   /* the first ones that are not "" */
	struct tally_time *times;
	uint32_t sheet_count, time_max;
	int64_t duration_ns;
	bool has_sums; /* a sheet was a sum */
	bool is_odd;   /* a time or a period that counts by its place among all others */
	struct dictionary *comments;	    /* its texts */
	struct sheet_order *comment_orders; /* by text */
	bool has_empty_comment;		    /* text 0 is one */
	struct tally_base *bases, main;	    /* as they come; main if the first of all is idle */
	uint32_t *base_of_mapping;	    /* 1 + its row in bases; 0: none yet */
	uint32_t base_count, base_max, mapping_max, comment_max;
};

/* [any]    Opens a tally, of a dictionary and with a budget that have to outlive it. False beyond
 *          that or without memory. */
bool tally_open(struct tally *, const struct dictionary *, struct table_budget *, uint64_t seed);
/* [any]    Frees what a tally holds; one of zeros is fine. */
void tally_close(struct tally *);
/* [any]    Adds a sheet. 0, -EINVAL when its types are not those of the sheets before it, and
 *          error names both; -ENOSPC beyond the budget, -ENOMEM: then part of it was added. */
int tally_add(struct tally *, const struct sheet *, char error[TALLY_ERROR_SIZE]);
/* [any]    Whether the types of two tallies are the same; if not, error names both. */
bool tally_agrees(const struct tally *, const struct tally *, char error[TALLY_ERROR_SIZE]);
