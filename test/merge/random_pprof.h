/* SPDX-License-Identifier: Apache-2.0 */
/* random_pprof.h -- valid profiles as strange as the format allows, all of one family, so that they
 * have much in common and little at the same place.
 *
 * Ids are dense or not, tables stand in any order, numbers are packed or not, texts are there
 * twice, mappings move and end within their last page, values cancel each other out, labels come
 * with a value, several, none, with units and without, and fields from the future are in between.
 */
#pragma once

#include "collector/bytes.h"

struct random_pprof {
	uint64_t family; /* profiles of one family can be merged */
	uint64_t member;
	bool has_columns;   /* of lines, which older readers do not know */
	bool may_lack_maps; /* there may be no mapping at all */
	bool is_alien;	    /* cannot be merged with the others */
	bool has_time;	    /* it began at time_ns, and not at any time */
	int64_t time_ns;
};

/* [any]    Appends the profile, not compressed; the same again for the same arguments. */
void random_pprof(const struct random_pprof *, struct bytes *);
