/* SPDX-License-Identifier: Apache-2.0 */
/* rollup.h -- many records of one dictionary become one, so that a merge of them all has less to
 * read.
 *
 * The sum says all that a merge can see of its profiles, in whatever company they are. Where it
 * could not, there is none.
 */
#pragma once

#include "collector/record.h"
#include "collector/tally.h"

struct rollup {
	struct table_budget budget;
	struct tally tally;
	struct inflate *inflate;
	struct arena arena;
	uint32_t default_type, doc_url; /* of the first */
	bool has_base;			/* the first has a mapping */
};

/* [any]    Begins one. It is ended by rollup_close in any case. 0, -ENOMEM. */
int rollup_open(struct rollup *, const struct dictionary *, uint64_t seed);
/* [any]    Adds a record, the first one of all first; order is its profile's, or that of the first
 *          in a sum. 0, -EINVAL when its types are others, -EBADMSG when it is damaged, -EFBIG or
 *          -ENOSPC when all are too large, -ENOMEM. */
int rollup_add(struct rollup *, const void *bytes, size_t size, const struct sheet_order *order);
/* [any]    Appends the record of the sum. 0, -EINVAL when a sum cannot tell what its profiles do,
 *          -EFBIG, -ENOMEM. */
int rollup_encode(struct rollup *, struct bytes *);
/* [any]    Frees what it holds; one of zeros is fine. */
void rollup_close(struct rollup *);
