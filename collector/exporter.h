/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.h -- what a data directory holds, read from outside and shown profile by profile.
 *
 * Only the segments are read: a record says all that the index knows of it, and whole ones stay as
 * they are. So a conprofd may run on the directory meanwhile, and nothing of it is locked, made or
 * changed, which SQLite's log could not promise.
 */
#pragma once

#include "collector/store.h"

#include <stdio.h>

struct export_options {
	const char *root;
	const struct store_query *query;
	/* Gets each profile and its bytes, as uploaded or else made of its record; 0 to go on. */
	int (*show)(void *, const char *day, const struct store_profile *, const uint8_t *body);
	void *context; /* of show */
	uint64_t seed; /* that an enemy cannot know, for dictionaries */
};

struct export_counts {
	uint64_t uploaded, compact; /* shown as they were uploaded, and out of records */
	uint64_t damaged;	    /* records, or runs of them, that cannot be read */
};

/* [any]    Shows what the query means, day by day, and adds to the counts. 0, what show said,
 * -ETIME when the selector has cost too much, -errno. */
int export_profiles(const struct export_options *, struct export_counts *);
