/* SPDX-License-Identifier: Apache-2.0 */
/* compact_thread.h -- goes through the days, again and again, and has compact records made, and
 * rollups of them. */
#pragma once

#include "collector/compactor.h"
#include "collector/days.h"

struct compact_options {
	struct days *days;
	uint64_t inflated_max; /* of a profile */
	uint64_t seed;	       /* that an enemy cannot know, for dictionaries */
	uint64_t compact_ms;   /* how long a few uploads wait for more before they become records */
	/* [compactor] Stores records, or rollups, or says -errno. */
	int (*commit)(void *, struct partition *, const struct partition_raw *, size_t);
	int (*commit_rollups)(void *, struct partition *, const struct partition_rollups *);
	void *context; /* of both */
};

struct compact_thread;

/* [any]    Begins. NULL and errno. */
struct compact_thread *compact_thread_start(const struct compact_options *);
/* [any]    Ends it, when what is in hand is committed; NULL is fine. */
void compact_thread_stop(struct compact_thread *);
