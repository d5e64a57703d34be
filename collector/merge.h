/* SPDX-License-Identifier: Apache-2.0 */
/* merge.h -- many profiles become one, as google/pprof's profile.Merge makes it, by several threads
 * and in bounded memory.
 *
 * Where the profiles come from is the caller's: each thread asks for one after the other, uses it
 * and gives it back. A record may be the sum of several profiles, see rollup.h. What may differ
 * from google/pprof is the order of samples, and of what they refer to, where a profile was a
 * record; and where records of several dictionaries alternate, those of each count as if they came
 * together when it matters which one is the first with a default type or a documentation.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "collector/merged.h"

enum {
	MERGE_ERROR_SIZE = 640,
	MERGE_THREADS_MAX = 64,
};

struct merge_profile {
	const void *bytes; /* a pprof, compressed or not, or a record */
	size_t size;
	const struct dictionary *dictionary; /* of a record; NULL: it is a pprof */
	/* Its place among all, which profiles of a sum have too; 0: that in the source. */
	struct sheet_order order;
};

struct merge_source {
	void *data; /* for the two functions below */
	size_t count;
	/* [merge]  Gets profile i, on any of the threads. 0, or -errno, which ends the merge;
	 *          error may say more. A profile of no bytes is left out. */
	int (*get)(void *data, size_t i, struct merge_profile *, char error[MERGE_ERROR_SIZE]);
	/* [merge]  Gives it back, on the same thread, before the next one. May be NULL. */
	void (*put)(void *data, size_t i, struct merge_profile *);
};

struct merge_options {
	unsigned threads; /* 0 is 1 */
	size_t memory;	  /* bytes, for all threads, beside what source has; 0: MERGE_MEMORY */
	size_t inflated;  /* bytes that one profile may inflate to; 0: MERGE_INFLATED */
	const struct view_limits *limits; /* of a pprof; NULL: view_limits */
	uint64_t seed;			  /* anything that an enemy cannot know */
	const atomic_bool *cancel;	  /* the merge ends soon after this turns true; or NULL */
};

enum {
	MERGE_MEMORY = 256 << 20,
	MERGE_INFLATED = 64 << 20,
};

/* [any]    Merges all profiles of the source, in their order. 0: *merged is the caller's, for
 *          merged_destroy. -EBADMSG when a pprof is bad, -EIO when a record is, -EINVAL when one
 * has other types than the first, -EFBIG when one is beyond a limit, -ENOSPC when all are beyond
 * memory, -ENODATA when there is none, -EAGAIN when sums cannot tell what single profiles would,
 * -ECANCELED, -ENOMEM, or what get said; error then says which one and why. */
int merge_run(const struct merge_source *, const struct merge_options *, struct merged **merged,
	      char error[MERGE_ERROR_SIZE]);
/* [any]    The same, but as a pprof, not compressed, of at most memory bytes: *bytes, from malloc,
 *          is the caller's. A single pprof is returned just as it came, compressed or not, once it
 *          has been found valid. */
int merge_pprof(const struct merge_source *, const struct merge_options *, uint8_t **bytes,
		size_t *size, char error[MERGE_ERROR_SIZE]);
