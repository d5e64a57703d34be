/* SPDX-License-Identifier: Apache-2.0 */
/* local_store.h -- the store that needs nobody else: a directory, one partition per day. */
#pragma once

#include "collector/retention.h"
#include "collector/store.h"

struct local_store_options {
	const char *directory;	    /* made when only its last component is missing */
	struct retention retention; /* copied */
	uint64_t queue_bytes;	    /* of bodies that wait for the disk, at most */
	unsigned sweep_ms;	    /* how often retention is looked after; 0: 10 s */
	uint64_t compact_ms;   /* how long a few uploads wait for more before they become records */
	uint64_t inflated_max; /* of a profile; 0: no compact records are made */
	uint64_t seed;	       /* that an enemy cannot know, for dictionaries */
};

/* [any]    Opens it, recovers what a crash has left, and begins a thread that writes. 0 and *store,
 *          the caller's until its engine's close; -EWOULDBLOCK when another process has it, -errno.
 */
int local_store_open(const struct local_store_options *, struct store **);
/* [any]    Another retention from now on. */
void local_store_set_retention(struct store *, const struct retention *);
