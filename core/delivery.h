/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h -- policy of sending: a bounded queue, several targets, retries, spool, exit.
 *
 * Each target takes the parcels in order, one attempt at a time, and is tried until it takes the
 * parcel, refuses it, or the queue needs the room: then the oldest goes, into the spool when there
 * is one. What the queue holds bounds the retries, so they have no number of their own: a backend
 * that is away for two periods costs nothing. After a failure a target rests, for a random time
 * that grows with each failure in a row.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/parcel.h"
#include "transport/target.h"

enum {
	DELIVERY_PARCELS = 5, /* default length of the queue */
	DELIVERY_PARCELS_MAX = 16,
	DELIVERY_BYTES = 3 << 20,      /* default memory of the queue */
	DELIVERY_EXIT_MS = 35,	       /* what the exit may cost */
	DELIVERY_SPOOL_PACE_MS = 1000, /* between two parcels out of the spool */
	DELIVERY_QUIET_MS = 60000,     /* between two warnings about one target */
	DELIVERY_IDLE_MS = 60000,      /* what delivery_run returns when it wants nothing */
};

enum delivery_level { DELIVERY_ERROR = 1, DELIVERY_WARNING, DELIVERY_INFO = 3, DELIVERY_DEBUG = 4 };

struct delivery_options {
	const struct target *targets; /* copied */
	size_t target_count;
	const char *server_id,
		*server_token; /* for agents whose URL names nobody; both or neither */
	const char *version;
	const char *ca_file;  /* NULL: the system's */
	uint32_t period_ms;   /* the longest rest */
	uint32_t timeout_ms;  /* of one attempt */
	size_t queue_parcels; /* 0: DELIVERY_PARCELS */
	size_t queue_bytes;   /* 0: DELIVERY_BYTES */
	const char *spool;    /* directory, or NULL */
	uint64_t spool_bytes;
	uint64_t seed;				  /* of rests and boundaries; random per process */
	void (*log)(int level, const char *text); /* or NULL; never given credentials */
};

/* Each counts parcels per target: one parcel that two targets miss counts twice. */
struct delivery_stats {
	uint64_t sent; /* taken by a target */
	uint64_t
		failed_attempts; /* ended without an answer, or with one that invites another try */
	uint64_t dropped_full;	 /* gave way to a newer parcel, or larger than the whole queue */
	uint64_t dropped_refused; /* the target will never take it */
	uint64_t dropped_exit;	  /* still waiting at the exit */
	uint64_t dropped_memory;  /* no memory to send it */
	uint64_t dropped_spool;	  /* files: bad, or gave way to newer ones */
	uint64_t spooled;	  /* went into the spool instead of being dropped */
};

struct delivery;

/* [worker] NULL without memory. A spool that cannot be used is logged and done without. */
struct delivery *delivery_create(const struct delivery_options *);
/* [worker] Gives everything back at once; what was still queued is lost. NULL is harmless. */
void delivery_destroy(struct delivery *);
/* [worker] Queues the parcel for every target and takes it over; the oldest gives way. */
void delivery_add(struct delivery *, struct parcel *);
/* [worker] Moves everything forward without waiting for anybody. now_ms never goes back. Returns
 * milliseconds until it wants to run again even if no socket stirs, at least 1. */
uint32_t delivery_run(struct delivery *, uint64_t now_ms);
/* [worker] True while an attempt is under way, so that delivery_wait has sockets to wait for. */
bool delivery_is_busy(const struct delivery *);
/* [worker] Sleeps until a socket stirs, wake_fd (unless -1) is readable or max_ms have passed. */
void delivery_wait(struct delivery *, uint32_t max_ms, int wake_fd);
/* [worker] The exit: tries everything that waits, for at most budget_ms of real time, none for a
 * target whose last attempt failed. What remains goes into the spool, or is counted. */
void delivery_finish(struct delivery *, uint64_t now_ms, uint32_t budget_ms);
/* [worker] What happened so far. */
const struct delivery_stats *delivery_stats(const struct delivery *);
