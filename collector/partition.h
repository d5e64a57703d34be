/* SPDX-License-Identifier: Apache-2.0 */
/* partition.h -- what arrived on one day (UTC): a directory with an index and segments.
 *
 * One thread writes, any number read. The order on which everything rests: records are appended,
 * the segments are synced, and only then the index commits. So what the index knows is whole, and
 * what it does not know is cut off, or taken in, when the partition is opened the next time.
 */
#pragma once

#include "collector/codex.h"
#include "collector/retention.h"
#include "collector/segment.h"
#include "collector/sql.h"
#include "collector/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	PARTITION_NAME_SIZE = 9, /* 20261121 */
	PARTITION_LEVELS = 2,	 /* of rollups: five minutes, an hour */
	PARTITION_WRITING_MAX = 4 * (RETENTION_RULES_MAX + 1),
};

/* What is in a segment; all records of one have one rule and one kind. */
enum partition_kind {
	PARTITION_UPLOADED, /* bodies that get a compact record as well, and may go before it */
	PARTITION_OPAQUE,   /* bodies that stay as they are: no pprof */
	PARTITION_COMPACT,  /* compact records */
	PARTITION_SUM,	    /* compact records of many profiles: rollups */
};

/* One row of the table of segments. */
struct partition_segment {
	uint32_t number; /* 0: it is gone */
	char rule[RETENTION_PATTERN_SIZE];
	int kind; /* enum partition_kind */
	uint64_t size, profiles;
	int64_t first_ns, last_ns; /* arrival */
};

enum partition_statement {
	PARTITION_FIND_KEY,
	PARTITION_FIND_SERIES,
	PARTITION_ADD_SERIES,
	PARTITION_ADD_PROFILE,
	PARTITION_SET_COMPACT,
	PARTITION_SET_SEGMENT,
	PARTITION_ADD_ROLLUP,
	PARTITION_SET_ROLLED,
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
	struct segment writing[PARTITION_WRITING_MAX]; /* one per rule and kind; fd -1: none */
	int64_t last_row;			       /* that was given to a profile */
	uint64_t damaged;			       /* profiles that recovery could not find */
	_Atomic uint64_t profiles, compact_profiles;   /* that the index knows */
	_Atomic uint64_t rollups;
	_Atomic uint64_t drops; /* how often profiles were dropped since it was opened */
	/* changed by the writer, read by all, under lock */
	pthread_mutex_t lock;
	struct partition_segment *segments; /* number 1 is at 0 */
	size_t segment_count;
	/* under coding: the dictionaries that are in memory */
	pthread_mutex_t coding;
	struct codex *codices;
	/* the compactor's: what the day was like when there was nothing more to do */
	bool is_looked_through;
	uint64_t looked_profiles, looked_drops;
	/* the readers', under reading */
	pthread_mutex_t reading;
	int64_t read_ns; /* when somebody last did */
	sqlite3 *reader;
	sqlite3_stmt *find_one, *find_series, *find_profiles, *find_oldest_raw, *find_raw;
	sqlite3_stmt *find_rollups, *find_records, *find_rollup, *find_rolled, *find_unrolled,
		*find_owner;
	int64_t rolled[PARTITION_LEVELS]; /* rows that were looked at for rollups; 0: ask the index
					   */
};

struct partition_puts {
	struct store_put **at;
	size_t count;
	struct partition *older; /* asked as well whether a profile is known; may be NULL */
	const struct retention *retention;
	uint64_t segment_size; /* a segment this large gets no more records */
};

struct partition_body {
	enum store_form form;	     /* asked for, then what it is */
	uint64_t seed;		     /* for a dictionary */
	const struct tenant *tenant; /* who may have it; NULL: everybody */
	uint8_t *bytes;		     /* from malloc, the caller's */
	size_t size;
	struct codex *codex; /* of a compact record; held for the caller */
};

/* Where a profile's records are; segment 0: nowhere. */
struct partition_place {
	int64_t segment, begin;
	int64_t compact, compact_begin; /* compact -1: there will be none */
	int64_t row;			/* of the index */
};

/* A profile that has no compact record yet, or whose record is to be stored. */
struct partition_raw {
	int64_t row;
	struct partition_place place;
	struct segment_record record; /* to be stored; body NULL: there will be none */
	char rule[RETENTION_PATTERN_SIZE];
	int64_t arrived_ns;
};

/* A record that is read for one profile, or for all that a rollup contains. */
struct partition_record {
	int64_t row;	   /* of the profile, or of the first one */
	int64_t rollup;	   /* 0: it is a profile's */
	int64_t length_ns; /* of the rollup's window */
	int64_t time_ns;   /* of the profile, or of the first one */
	int64_t last_row;  /* the rollup has none of its window that came later */
	int64_t first_arrival_ns, last_arrival_ns;
	int64_t segment, begin; /* of the compact record; segment 0 or less: there is none */
	int64_t upload;		/* segment of the upload; 0: none */
	uint64_t profiles;
};

/* The profiles of a series within so much time. */
struct partition_window {
	int64_t series, start_ns, length_ns;
};

/* Windows that may be worth a rollup. */
struct partition_unrolled {
	size_t level;
	int64_t settle_ns; /* how long they have to be over */
	struct partition_window *windows;
	size_t count, room; /* of them */
	int64_t row;	    /* how far the partition was looked through for them */
};

/* A rollup to be stored. */
struct partition_rollup {
	struct partition_window window;
	struct partition_record sum; /* without rollup and place */
	struct segment_record record;
	char rule[RETENTION_PATTERN_SIZE];
};

/* Rollups of one level, and how far the partition has been looked through for them. */
struct partition_rollups {
	struct partition_rollup *at;
	size_t count;
	bool is_complete; /* rolled_row is how far; otherwise more of the same will come */
	size_t level;
	int64_t rolled_row;
	uint64_t drops; /* of the partition, before any of its profiles was looked at */
};

/* [any]    What an open directory holds: 1 files of a partition, 0 nothing, -ENOTEMPTY only what is
 * somebody else's, -errno. */
int partition_look(int directory);
/* [writer] Opens the partition of this name in the directory root, made when it is not there, and
 * reconciles index and segments. Returned with one reference; NULL and errno, ENOTEMPTY when the
 * directory is somebody else's. */
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
/* [writer] Enters a profile whose records are there into the index, in a transaction of the caller.
 * 0, -EEXIST when its key or row is there, -errno. */
int partition_index(struct partition *, const struct store_profile *,
		    const struct partition_place *);
/* [writer] Says where the compact record of a row is, or, -1, that there will be none; in a
 * transaction of the caller. 0, -errno. */
int partition_set_compact(struct partition *, int64_t row, int64_t segment, int64_t begin);
/* [writer] The row of a profile with this key: 0 when there is none, -errno. */
int64_t partition_find_key(struct partition *, const uint8_t key[STORE_KEY_SIZE]);
/* [writer] Writes a segment's row. 0, -errno. */
int partition_set_segment(struct partition *, const struct partition_segment *);
/* [writer] Makes the index know what is in the segments, and forget what is not. Called by
 * partition_open. 0, -errno. */
int partition_recover(struct partition *);
/* [writer] Stores compact records, all or none; the dictionaries that they refer to are on the
 * disk. 0, -errno. */
int partition_put_compact(struct partition *, const struct partition_raw *, size_t count,
			  uint64_t segment_size);
/* [any]    Up to count profiles without a compact record, all of the service that has waited
 * longest, oldest first; none when they are fewer and all came after before_ns. Returns how many,
 * or -errno. */
int partition_find_raw(struct partition *, int64_t before_ns, struct partition_raw *, size_t count);
/* [any]    Shows the records that together are the profiles the query means, as few as rollups
 * allow. What its rule keeps no longer is not shown. */
int partition_cover(struct partition *, const struct store_query *, const struct retention *,
		    int (*visit)(void *, const struct store_record *), void *context);
/* [any]    Reads a rollup that partition_cover has shown; -ENOENT when it is gone. */
int partition_read_sum(struct partition *, int64_t rollup, struct partition_body *);
/* [any]    The number by which profiles of one time are ordered. */
uint64_t partition_sequence(const struct partition *, int64_t row);
/* [any]    Shows the records of a window, the fewest, its own rollup included. 0, what visit
 * returned, -errno. */
int partition_show_window(struct partition *, const struct partition_window *,
			  int (*visit)(void *, const struct partition_record *), void *context);
/* [any]    How long a window of that level is. */
int64_t partition_length_ns(size_t level);
/* [any]    Finds the windows of a level that got profiles since it was looked through, as far as
 * they have been over for so long. 0, -ENODATA when there is nothing new, or -errno. */
int partition_find_unrolled(struct partition *, struct partition_unrolled *);
/* [any]    It has been looked through up to this row. */
void partition_set_rolled(struct partition *, size_t level, int64_t row);
/* [any]    Service, type, labels and sample types of a series, "\0" between them, from malloc, the
 * caller's; they are set in the profile. 0, -ENOENT, -errno. */
int partition_series_of(struct partition *, int64_t series, struct store_profile *, char **texts);
/* [any]    Prepares the statements of the above, under reading. False when one fails. */
bool partition_prepare_rollups(struct partition *);
/* [writer] Stores rollups, all or none, instead of those that are there of their windows. 0;
 * -ESTALE when profiles were dropped meanwhile; -errno. */
int partition_put_rollups(struct partition *, const struct partition_rollups *,
			  uint64_t segment_size);
/* [writer] Counts the rollups of the index anew. 0, -errno. */
int partition_count_rollups(struct partition *);
/* [writer] Enters a rollup into the index, in a transaction of the caller. 0, -errno. */
int partition_index_rollup(struct partition *, const struct partition_rollup *, int64_t segment,
			   int64_t begin);
/* [writer] Forgets, in a transaction of the caller, the rollups that lie in this segment from a
 * position on, or that contain profiles that do. 0, -errno. */
int partition_forget_rollups(struct partition *, const struct partition_segment *, uint64_t from);
/* [any]    Reads a record, whose bytes lie in *bytes, from malloc, the caller's. 0, -errno. */
int partition_read_record(struct partition *, int64_t segment, int64_t begin,
			  struct segment_record *, uint8_t **bytes);
/* [any]    Whether what arrived then in this segment is to be kept still. */
bool partition_is_kept(struct partition *, int64_t segment, int64_t arrived_ns,
		       const struct retention *);
/* [any]    Whether nobody waits for the answer to a query any more; asked now and then, of all that
 * is seen, since it is a system call. */
bool partition_is_over(const struct store_query *, uint64_t seen);
/* [any]    Under reading, takes each series that the query means, until one says something else
 * than 0. */
int partition_walk_series(struct partition *, const struct store_query *,
			  int (*take)(void *, int64_t series), void *context);
/* [any]    Opens the readers' connection, under reading. 0, -errno. */
int partition_open_reader(struct partition *);
/* [any]    The codex of a service, loaded when needed; the caller releases it. 0, -errno. */
int partition_codex(struct partition *, const char *service, uint64_t seed, struct codex **);
/* [writer] Counts the profiles of the index anew. 0, -errno. */
int partition_count(struct partition *);
/* [writer] Whether all that is in this segment of uploads has a compact record. 1, 0, -errno. */
int partition_is_compacted(struct partition *, uint32_t number);
/* [writer] Forgets, in a transaction of the caller, what is in this segment from the position from
 * on, and with it the profiles that have no other record, *gone. 0, -errno. */
int partition_forget(struct partition *, const struct partition_segment *, uint64_t from,
		     uint64_t *gone);
/* [writer] Removes a segment, and the profiles that have no other record, *gone. 0, -errno. */
int partition_drop_segment(struct partition *, uint32_t number, uint64_t *gone);
/* [writer] Removes the directory and all that is its own; readers that hold it go on. */
void partition_drop(struct partition *);
/* [any]    Bytes on disk, index included, but not its log, a few MiB that come and go. */
uint64_t partition_bytes(struct partition *);
/* [any]    A copy of the segments' rows, from malloc, the caller's; NULL when there are none. */
struct partition_segment *partition_segments(struct partition *, size_t *count);
/* [writer] The day is over: gives back the memory that writing it has taken. */
void partition_settle(struct partition *);
/* [any]    Closes what nobody has used for a minute; it is opened again when it is needed. */
void partition_rest(struct partition *);
