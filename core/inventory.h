/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.h -- the allocations of a period, and which of all that were sampled are alive.
 *
 * A stack stays as long as a block lives that was allocated there. Each sample stands for as many
 * blocks as its size and interval say (heap.h).
 */
#pragma once

#include "core/profile.h"
#include "core/sample.h"
#include "core/state.h"

enum { INVENTORY_RATE = 1000 };

struct inventory;

/* [worker] An empty one over maps; both must outlive it. NULL without memory. */
struct inventory *inventory_create(struct state *, struct maps *);
/* [worker] NULL is harmless. */
void inventory_destroy(struct inventory *);
/* [worker] Takes a record of an allocation, which was unwound to this stack. */
void inventory_add(struct inventory *, const struct sample *, const struct profile_stack *);
/* [worker] Adds what is alive now, as far as its records have been taken: once in a period, before
 * the table is read. */
void inventory_settle(struct inventory *);
/* [worker] Every fraction of a second: makes the interval longer while more than INVENTORY_RATE
 * allocations a second are sampled, and shorter again, down to least. An interval of 1 stays. */
void inventory_pace(struct inventory *, uint32_t least, uint64_t now_ns);
/* [worker] The table of the period so far. */
struct profile *inventory_profile(struct inventory *);
/* [worker] Begins the next period: what was allocated is forgotten, and stacks without a block. */
void inventory_next_period(struct inventory *);
