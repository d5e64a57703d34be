/* SPDX-License-Identifier: Apache-2.0 */
/* roller.h -- profiles of a series that are near each other in time get one record for all of them,
 * a rollup: for five minutes, and, out of those, for an hour.
 */
#pragma once

#include "collector/partition.h"

struct roller;

struct roller_options {
	uint64_t seed;		    /* for dictionaries */
	int64_t settle_ns;	    /* how long a window has to be over */
	const atomic_bool *resting; /* it ends soon after this turns true */
	/* [compactor] Stores rollups, or says -errno. */
	int (*commit)(void *, struct partition *, const struct partition_rollups *);
	void *context; /* of commit */
};

/* [any]    For one thread. NULL without memory. */
struct roller *roller_create(const struct roller_options *);
/* [any]    NULL is fine. */
void roller_destroy(struct roller *);
/* [compactor] Looks through what has come since the last time, a part of it, makes the rollups that
 *          are worth while and has them stored. 1 when it got further, 0 when there is nothing to
 *          do now, -errno. */
int roller_step(struct roller *, struct partition *);
