/* SPDX-License-Identifier: Apache-2.0 */
/* booking.c -- a hash table by thread id, linear probing, entries moved up on removal. */
#include "core/booking.h"

#include <stdlib.h>

struct entry {
	uint32_t tid; /* 0: empty */
	uint64_t ns;
};

struct booking {
	uint32_t count;
	bool was_full;
	struct entry entries[BOOKING_MAX];
};

struct booking *booking_create(void)
{
	return calloc(1, sizeof(struct booking));
}

void booking_destroy(struct booking *booking)
{
	free(booking);
}

/* Thread ids are given out in order, so they hash well as they are. */
static uint32_t find(const struct booking *booking, uint32_t tid)
{
	uint32_t at = tid % BOOKING_MAX;
	while (booking->entries[at].tid && booking->entries[at].tid != tid)
		at = (at + 1) % BOOKING_MAX;
	return at;
}

void booking_add(struct booking *booking, uint32_t tid, uint64_t ns)
{
	uint32_t at = find(booking, tid);
	if (!booking->entries[at].tid) {
		if (booking->count == BOOKING_MAX - 1) { /* one stays empty, or find never ends */
			booking->was_full = true;
			return;
		}
		booking->count++;
		booking->entries[at] = (struct entry){.tid = tid};
	}
	booking->entries[at].ns += ns;
}

/* Moves entries up that could not stand where they belong because the hole was taken. */
static void close_hole(struct booking *booking, uint32_t hole)
{
	uint32_t at = hole;
	for (;;) {
		at = (at + 1) % BOOKING_MAX;
		if (!booking->entries[at].tid)
			break;
		uint32_t home = booking->entries[at].tid % BOOKING_MAX;
		bool stays = hole <= at ? hole < home && home <= at : hole < home || home <= at;
		if (stays)
			continue;
		booking->entries[hole] = booking->entries[at];
		hole = at;
	}
	booking->entries[hole] = (struct entry){0};
}

bool booking_take(struct booking *booking, uint32_t tid, uint64_t *ns)
{
	uint32_t at = find(booking, tid);
	*ns = booking->entries[at].ns;
	if (!booking->entries[at].tid)
		return !booking->was_full;
	booking->count--;
	close_hole(booking, at);
	return true;
}
