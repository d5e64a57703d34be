/* SPDX-License-Identifier: Apache-2.0 */
/* store.h -- where profiles are kept: what an engine has to offer, and nothing about how.
 *
 * A profile is what the index knows of it, a store_profile, and a body, the bytes as they were
 * uploaded. An engine is a table of functions over a struct that begins with a struct store.
 */
#pragma once

#include "collector/selector.h"
#include "collector/tenant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STORE_ID_SIZE = 32,
	STORE_KEY_SIZE = 16,
	STORE_TOTALS_MAX = 32,
	STORE_DAY_SIZE = 9,
	STORE_TEXT_MAX = 512, /* bytes of a service or type */
};

/* The body as it was uploaded. What an engine makes of it for itself is its own affair. */
struct store_profile {
	char id[STORE_ID_SIZE];	     /* the engine's: letters, digits and '-' */
	uint8_t key[STORE_KEY_SIZE]; /* equal for an upload and its repetitions */
	const char *service, *type;  /* never empty */
	const char *labels;	     /* as labels_write makes it */
	const char *sample_types;    /* "samples/count,cpu/nanoseconds", "" when it is no pprof */
	int64_t totals[STORE_TOTALS_MAX]; /* of all samples, one per sample type */
	size_t total_count;
	int64_t time_ns;     /* when it began */
	int64_t duration_ns; /* 0 when it does not say */
	int64_t arrived_ns;
	uint64_t size; /* of the body */
};

struct store_put {
	struct store_profile profile; /* id is filled in */
	const uint8_t *body;
	bool is_known; /* filled in: it was there already, and id is that one's */
};

/* Profiles that are stored all together or not at all. */
struct store_batch {
	struct store_put *puts;
	size_t count;
	/* called once, from the engine's thread, when all is on disk, or with -errno when nothing
	 * is: -ENOSPC when the disk is full, -EIO and others when it fails */
	void (*done)(struct store_batch *, int error);
	void *context;
	struct store_batch *next; /* the engine's */
};

struct store_query {
	const char *service, *type;  /* NULL: any */
	const struct labels *labels; /* that must be there; NULL: any */
	struct selector *selector;   /* NULL: any; what it costs is taken off its budget */
	const struct tenant *tenant; /* whose profiles; NULL: everybody's */
	int64_t from_ns, to_ns;	     /* of time_ns, both included */
	/* Whether nobody waits for the answer any more, then -ECANCELED; NULL: somebody does. */
	bool (*is_over)(void *asker);
	void *asker;
};

/* How a body may be asked for: as it was uploaded, or as quickly merged as the engine can; or that
 * of several profiles at once, which only has an id that cover has shown. */
enum store_form { STORE_UPLOADED, STORE_COMPACT, STORE_SUM };

/* What can be read for one profile or, as STORE_SUM, for several that are merged already. */
struct store_record {
	char id[STORE_ID_SIZE];
	int64_t time_ns;   /* when it, or the first of them, began */
	uint64_t sequence; /* of two of one time the one with less comes first; not 0 */
	uint64_t profiles; /* how many it is of */
	bool is_sum;
};

struct store_wanted {
	const char *id;
	const struct tenant *tenant; /* who may have it; NULL: everybody */
	enum store_form form;
};

struct dictionary;

struct store_body {
	uint8_t *bytes;
	size_t size;
	const struct dictionary
		*dictionary; /* of a record, see record.h; NULL: as it was uploaded */
	void *held;	     /* the engine's */
};

struct store_figures {
	uint64_t profiles, bytes;	/* what there is now; bytes on disk */
	uint64_t compact_profiles;	/* of them, those with a compact record */
	uint64_t rollups, rollup_bytes; /* sums of profiles, and what of bytes they take */
	uint64_t oldest_ns;		/* arrival of the oldest, 0 when there is none */
	uint64_t dropped_profiles, dropped_bytes; /* by retention, since the start */
	uint64_t damaged;      /* records that could not be read, since the start */
	uint64_t commits;      /* since the start */
	uint64_t queued_bytes; /* of bodies that wait for the disk */
};

/* What arrived on one day, UTC. */
struct store_day {
	char name[STORE_DAY_SIZE]; /* "20261121" */
	uint64_t profiles, compact_profiles;
	uint64_t rollups, rollup_bytes;
	uint64_t bytes;		   /* on disk */
	size_t segments;	   /* files of records */
	uint64_t damaged;	   /* profiles that could not be recovered */
	int64_t first_ns, last_ns; /* arrival; 0 when there is none */
};

struct store;

struct store_engine {
	/* Takes the batch over until done is called. 0, or -EBUSY when too much waits already,
	 * -ESHUTDOWN when it is closing; then done is not called. */
	int (*put)(struct store *, struct store_batch *);
	/* Shows every profile that the query means, in no order. visit gets a profile that is
	 * valid during the call and returns 0 to go on. 0, what visit returned, or -errno. */
	int (*find)(struct store *, const struct store_query *,
		    int (*visit)(void *, const struct store_profile *), void *context);
	/* Shows records that together are exactly those profiles, as few as the engine has, in no
	 * order. What a sum is of may change before it is read: then read says -ENOENT. */
	int (*cover)(struct store *, const struct store_query *,
		     int (*visit)(void *, const struct store_record *), void *context);
	/* The same as find for every series there is in that time: service, type, labels and
	 * sample_types of the profile are set, and it may be shown several times. */
	int (*series)(struct store *, const struct store_query *,
		      int (*visit)(void *, const struct store_profile *), void *context);
	/* The body of one profile, by preference in that form; the other is returned when there is
	 * none in this. 0: release ends it; -ENOENT, also when it is not the tenant's, -EBADMSG
	 * when it is damaged, -errno. */
	int (*read)(struct store *, const struct store_wanted *, struct store_body *);
	/* Gives back what read has returned. */
	void (*release)(struct store *, struct store_body *);
	void (*figures)(struct store *, struct store_figures *);
	/* Shows every day that there is, the oldest first. */
	void (*days)(struct store *, void (*visit)(void *, const struct store_day *),
		     void *context);
	/* Commits what was put, and ends. */
	void (*close)(struct store *);
};

struct store {
	const struct store_engine *engine;
};

/* [any]    Whether a query means the profiles of a series, whatever their time: 1, 0, or -ETIME
 * when its selector has cost too much. labels is the text form. */
int store_query_means(const struct store_query *, const char *service, const char *type,
		      const char *labels);
