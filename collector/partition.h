/* SPDX-License-Identifier: Apache-2.0 */
/* partition.h -- what arrived on one day (UTC): a directory with an index and segments.
 *
 * One thread writes, any number read. The order on which everything rests: records are appended,
 * the segments are synced, and only then the index commits. So what the index knows is whole, and
 * what it does not know is cut off, or taken in, when the partition is opened the next time.
 */
#pragma once

#include "collector/retention.h"
#include "collector/segment.h"
#include "collector/sql.h"
#include "collector/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	PARTITION_NAME_SIZE = 9, /* 20261121 */
	PARTITION_WRITING_MAX = RETENTION_RULES_MAX + 1,
};

/* One row of the table of segments. */
struct partition_segment {
	uint32_t number; /* 0: it is gone */
	char rule[RETENTION_PATTERN_SIZE];
	uint64_t size, profiles;
	int64_t first_ns, last_ns; /* arrival */
};

enum partition_statement {
	PARTITION_FIND_KEY,
	PARTITION_FIND_SERIES,
	PARTITION_ADD_SERIES,
	PARTITION_ADD_PROFILE,
	PARTITION_SET_SEGMENT,
	PARTITION_STATEMENTS
};

struct partition {
	char name[PARTITION_NAME_SIZE];
	char *path; /* of the directory */
	int directory;
	atomic_int references;
	struct partition *next; /* the store's */
	/* the writer's */
	sqlite3 *writer;
	sqlite3_stmt *statements[PARTITION_STATEMENTS];
	struct segment writing[PARTITION_WRITING_MAX]; /* one per rule; fd -1: none */
	uint64_t damaged;			       /* profiles that recovery could not find */
	/* changed by the writer, read by all, under lock */
	pthread_mutex_t lock;
	struct partition_segment *segments; /* number 1 is at 0 */
	size_t segment_count;
	/* the readers', under reading */
	pthread_mutex_t reading;
	sqlite3 *reader;
	sqlite3_stmt *find_one, *find_series, *find_profiles;
};

struct partition_puts {
	struct store_put **at;
	size_t count;
	struct partition *older; /* asked as well whether a profile is known; may be NULL */
	const struct retention *retention;
	uint64_t segment_size; /* a segment this large gets no more records */
};

struct partition_body {
	char type[STORE_TEXT_MAX];
	uint8_t *bytes; /* from malloc, the caller's */
	size_t size;
};

/* [writer] Opens the partition of this name in the directory root, made when it is not there, and
 * reconciles index and segments. Returned with one reference; NULL and errno. */
struct partition *partition_open(const char *root, const char *name);
/* [any]    One user more. */
struct partition *partition_hold(struct partition *);
/* [any]    One user less; the last one closes it. NULL is fine. */
void partition_release(struct partition *);
/* [writer] Stores all or none. 0, -errno. */
int partition_put(struct partition *, const struct partition_puts *);
/* [any]    Shows the profiles that the query means, see store.h. What its rule keeps no longer is
 *          not shown. */
int partition_find(struct partition *, const struct store_query *, const struct retention *,
		   int (*visit)(void *, const struct store_profile *), void *context);
/* [any]    Shows the series that the query means, see store.h. */
int partition_series(struct partition *, const struct store_query *, const struct retention *,
		     int (*visit)(void *, const struct store_profile *), void *context);
/* [any]    Reads a body, see store.h. */
int partition_read(struct partition *, int64_t row, const struct retention *,
		   struct partition_body *);
/* [writer] The row of a segment, added when it is new; NULL without memory. Under lock. */
struct partition_segment *partition_segment(struct partition *, uint32_t number);
/* [writer] Enters a profile whose record is at offset into the index, in a transaction of the
 * caller. Returns its row, or -errno. */
int64_t partition_index(struct partition *, const struct store_profile *, uint32_t segment,
			uint64_t offset);
/* [writer] Writes a segment's row. 0, -errno. */
int partition_set_segment(struct partition *, const struct partition_segment *);
/* [writer] Makes the index know what is in the segments, and forget what is not. Called by
 * partition_open. 0, -errno. */
int partition_recover(struct partition *);
/* [writer] Removes a segment and its profiles. 0, -errno. */
int partition_drop_segment(struct partition *, uint32_t number);
/* [writer] Removes the whole directory; readers that hold it go on. */
void partition_drop(struct partition *);
/* [any]    Bytes on disk, index included, but not its log, a few MiB that come and go. */
uint64_t partition_bytes(struct partition *);
/* [any]    A copy of the segments' rows, from malloc, the caller's; NULL when there are none. */
struct partition_segment *partition_segments(struct partition *, size_t *count);
/* [any]    Closes the readers' connection: it is opened again when it is needed. */
void partition_rest(struct partition *);
