/* SPDX-License-Identifier: Apache-2.0 */
/* merged.h -- tallies, of whatever dictionaries, become one profile as google/pprof merges it.
 *
 * Here things are the same that are so for google/pprof, which is less than for a dictionary: a
 * mapping by its size in whole pages, its offset and its build id or else its file; a location by
 * its offset into such a mapping. What else there is to tell of them is the first one's.
 */
#pragma once

#include "collector/tally.h"

struct merged_mapping {
	uint64_t start, size, offset;
	uint32_t filename, build_id, flags; /* as those of a view */
	struct sheet_order order;	    /* of who told all this */
};

struct merged_comment {
	uint32_t text;
	struct sheet_order order;
};

struct merged {
	/* Its mappings are keys: mappings below tells what they were. The stacks are a tree, and a
	 * caller has a smaller number than what it calls. */
	struct dictionary *dictionary;
	struct merged_mapping *mappings; /* by mapping; 1 is the main binary's */
	struct sheet_type *types, period_type;
	uint32_t type_count, comment_count;
	struct merged_comment *comments;			  /* in their order */
	uint32_t *comment_of_text;				  /* 1 + its place; 0: none */
	bool has_sums, is_odd;					  /* see struct tally */
	uint32_t drop_frames, keep_frames, default_type, doc_url; /* texts */
	int64_t time_ns, duration_ns, period;
	struct table rows; /* of struct sheet_row with labels + 1; row 0 is none */
	int64_t *values;   /* type_count for each of rows; a row of zeros is not to be shown */
	struct table_budget budget;
	uint32_t tally_count, mapping_max, value_max, comment_max, text_max; /* its own */
	struct merged_map *map;
};

/* [any]    Nothing merged yet; it will take at most about max bytes. NULL without memory. */
struct merged *merged_create(size_t max, uint64_t seed);
/* [any]    NULL is fine. */
void merged_destroy(struct merged *);
/* [any]    Adds a tally; they come in the order of their profiles. 0, -EINVAL when its types are
 *          others than before, and error names both, -ENOSPC beyond max, -ENOMEM. After a failure
 *          it can only be destroyed. */
int merged_add(struct merged *, const struct tally *, char error[TALLY_ERROR_SIZE]);
/* [any]    Whether the values of a row are all 0, so that google/pprof would leave it out. */
bool merged_is_zero(const struct merged *, uint32_t row);
/* [any]    Writes the profile as pprof, not compressed, into *bytes, from malloc, the caller's. 0,
 *          -EFBIG when it were more than max bytes, -ENOMEM. */
int merged_encode(const struct merged *, size_t max, uint8_t **bytes, size_t *size);
