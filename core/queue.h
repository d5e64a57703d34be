/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h -- parcels on their way, oldest first, and who still waits for each.
 *
 * Targets are bits of a mask. The queue bounds nothing by itself but its table: the policy decides
 * who makes room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/agent.h"
#include "transport/parcel.h"

enum { QUEUE_ENTRIES_MAX = 17 };

struct entry { /* stays where it is while an attempt refers to its body */
	struct parcel *parcel;
	struct agent_body body; /* made for the first agent */
	size_t size;		/* bytes of memory */
	bool from_spool;
	uint32_t original; /* who had not taken it when it came */
	uint32_t owed;	   /* who has not taken it */
	uint32_t pending;  /* who is to be tried */
	uint32_t refused;  /* who will not have it now */
};

struct queue {
	struct entry *entries[QUEUE_ENTRIES_MAX];
	size_t count;
	size_t bytes;
};

/* [worker] An entry for the targets in mask, which takes the parcel over; NULL without memory. */
struct entry *queue_make_entry(struct parcel *, uint32_t mask);
/* [worker] Gives back an entry that is in no queue, and its parcel. */
void queue_destroy_entry(struct entry *);
/* [worker] Puts an entry behind all others. False when the table is full. */
bool queue_append(struct queue *, struct entry *);
/* [worker] Takes the entry at index out; it is the caller's. */
struct entry *queue_remove(struct queue *, size_t index);
/* [worker] The oldest entry that is pending for this target bit, or NULL. */
struct entry *queue_find(const struct queue *, uint32_t bit);
/* [worker] Index of who makes room: one out of the spool, where it is still kept, else the oldest.
 */
size_t queue_victim(const struct queue *);
/* [worker] Whether an entry out of the spool is on its way. */
bool queue_has_spooled(const struct queue *);
