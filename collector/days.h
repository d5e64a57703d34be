/* SPDX-License-Identifier: Apache-2.0 */
/* days.h -- the partitions of a store, and what retention drops of them. */
#pragma once

#include "collector/partition.h"

struct days {
	char *root;
	pthread_mutex_t lock;	 /* of the list and the figures */
	struct partition *first; /* the oldest; the list holds each once */
	uint64_t dropped_profiles, dropped_bytes;
	bool is_open;
};

/* [any]    Whether the name of a directory is that of a partition. */
bool days_is_day(const char *name);
/* [any]    The name of the day, UTC, that this time is in. */
void days_name(char name[PARTITION_NAME_SIZE], int64_t ns);
/* [any]    Makes the directory, unless it is there, and takes it for this process. A descriptor
 * that is closed when it is over; -EWOULDBLOCK when another one has it, -ENOTEMPTY when it was
 * never taken before and holds what is no partition, -errno. */
int days_lock(const char *root);
/* [any]    What is said to who wants to read a directory whose lock cannot be opened: of an errno.
 */
const char *days_unreadable(int error);
/* [writer] Opens all partitions that are in the directory root, and says what is none. 0, -errno.
 */
int days_open(struct days *, const char *root);
/* [writer] Releases all. */
void days_close(struct days *);
/* [writer] The partition of the day that now_ns is in, made when needed, and the one before it in
 * the list, or NULL; the caller releases both. 0, -errno. */
int days_today(struct days *, int64_t now_ns, struct partition **today, struct partition **older);
/* [any]    Goes through all: the one after this, which is released; NULL for the first. NULL at the
 *          end; otherwise the caller passes it on or releases it. */
struct partition *days_next(struct days *, struct partition *);
/* [any]    The partition that an id speaks of, and the row; the caller releases it. NULL. */
struct partition *days_of_id(struct days *, const char *id, int64_t *row);
/* [any]    The same for the id of a rollup, and its number. */
struct partition *days_of_sum(struct days *, const char *id, int64_t *rollup);
/* [writer] Drops what retention does not keep, oldest first, and says so: whole days, and one
 * segment of others, since forgetting its profiles takes a while. True when it dropped one, and
 * there may be more. */
bool days_sweep(struct days *, const struct retention *, int64_t now_ns);
/* [any]    Shows each, the oldest first. */
void days_show(struct days *, void (*visit)(void *, const struct store_day *), void *context);
/* [any]    Adds what there is and what was dropped. */
void days_figures(struct days *, struct store_figures *);
