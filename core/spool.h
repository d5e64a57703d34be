/* SPDX-License-Identifier: Apache-2.0 */
/* spool.h -- a directory that keeps parcels which no target took, across restarts.
 *
 * One file per parcel, oldest name first; several processes may share the directory: the one that
 * has taken a file holds a lock on it until it is done with it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "transport/parcel.h"

struct spool;

enum { SPOOL_TARGETS_MAX = 8 };

struct spool_item {
	struct parcel *parcel;
	size_t target_count;		     /* who has not taken it yet */
	uint64_t targets[SPOOL_TARGETS_MAX]; /* the caller's ids of them */
};

/* [worker] Opens directory, made (0700) when only its last component is missing, for at most
 * max_bytes. NULL and errno: EPERM when it is not ours alone. */
struct spool *spool_open(const char *directory, uint64_t max_bytes);
/* [worker] Gives a taken item back and closes; NULL is harmless. */
void spool_close(struct spool *);
/* [worker] Keeps the item, which stays the caller's; the oldest files make room, *removed counts
 * them. 0, or -errno and nothing is kept. */
int spool_put(struct spool *, const struct spool_item *, uint64_t random, uint64_t *removed);
/* [worker] The next item, oldest first, that no other process has taken; the parcel is the
 * caller's. 0, -ENOENT at the end (the next call begins anew), -EBUSY when one is taken already,
 * -errno. Bad files are removed: *removed. */
int spool_take(struct spool *, struct spool_item *, uint64_t *removed);
/* [worker] The taken item was delivered, or is given up: its file goes. */
void spool_remove(struct spool *);
/* [worker] The taken item was not delivered: its file stays for another time. */
void spool_release(struct spool *);
