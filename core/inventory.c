/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.c -- who holds which slot of the table of live blocks. */
#include "core/inventory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/live.h"

/* The block that was last allocated into a slot, and where. */
struct holder {
	uint32_t generation;
	uint32_t stack; /* index in the profile, plus 1; 0: nobody yet; NOT_KNOWN */
};

enum {
	NOT_KNOWN = INT32_MAX,
	NOWHERE = 0, /* the index of that stack */
	PACE_NS = 200 * 1000 * 1000,
	INTERVAL_MAX = 1 << 30,
};

struct inventory {
	struct state *state;
	struct profile *profile;
	struct holder *holders; /* of all slots */
	bool kept[PROFILE_STACKS_MAX];
	uint32_t indexes[PROFILE_STACKS_MAX];
	uint64_t paced_ns; /* when the rate was last looked at */
	uint64_t paced_at; /* samples so far, then */
};

/* Samples whose stack is not known, or for which there is no room. */
static const struct profile_stack nowhere = {.end = UNWIND_LOST};

/* Blocks of the time before us, unless their records are still to come. */
static void inherit(struct inventory *inventory)
{
	struct live_block block;
	for (int slot = 0, limit = live_limit(); slot < limit; slot++)
		if (live_read(slot, &block))
			inventory->holders[slot] = (struct holder){block.generation, NOT_KNOWN};
}

struct inventory *inventory_create(struct state *state, struct maps *maps)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));
	if (!inventory)
		return NULL;
	inventory->state = state;
	inventory->profile = profile_create(maps, PROFILE_HEAP);
	inventory->holders = calloc(LIVE_SLOTS, sizeof(*inventory->holders));
	if (inventory->profile && inventory->holders) {
		/* first, so that there is always room for it */
		profile_add(inventory->profile, &nowhere, (const double[PROFILE_VALUES_MAX]){0});
		inherit(inventory);
		return inventory;
	}
	inventory_destroy(inventory);
	return NULL;
}

void inventory_destroy(struct inventory *inventory)
{
	if (!inventory)
		return;
	profile_destroy(inventory->profile);
	free(inventory->holders);
	free(inventory);
}

/* The inverse of the probability with which a block of this size is sampled. */
static double weight_of(double size, uint32_t interval)
{
	return interval <= 1 ? 1 : -1 / expm1(-(size + 1) / interval);
}

/* A quarter of a power of two: a viewer may ask for the blocks of one size. */
static uint32_t class_of(uint64_t size)
{
	uint32_t bits = size < 4 ? 2 : 63 - (uint32_t)__builtin_clzll(size);
	return size < 4 ? (uint32_t)size : bits * 4 + (uint32_t)(size >> (bits - 2) & 3);
}

static int add(struct inventory *inventory, const struct profile_stack *stack, const double *values)
{
	int index = profile_add(inventory->profile, stack, values);
	if (index >= 0)
		return index;
	state_lost(inventory->state, LOST_STACKS);
	profile_add_at(inventory->profile, NOWHERE, values);
	return NOWHERE;
}

void inventory_add(struct inventory *inventory, const struct sample *sample,
		   const struct profile_stack *seen)
{
	double weight = weight_of((double)sample->weight, sample->block.interval);
	double values[PROFILE_VALUES_MAX] = {
		[HEAP_ALLOC_BLOCKS] = weight,
		[HEAP_ALLOC_BYTES] = weight * (double)sample->weight,
	};
	struct profile_stack stack = *seen;
	stack.tag = class_of(sample->weight);
	int index = add(inventory, &stack, values);
	if (sample->block.slot != LIVE_NONE && (uint32_t)sample->block.slot < LIVE_SLOTS)
		inventory->holders[sample->block.slot] =
			(struct holder){sample->block.generation, (uint32_t)(index + 1)};
}

/* Blocks for which the ring had no room are counted all the same, with the weight of their mean. */
static void add_unrecorded(struct inventory *inventory)
{
	struct state *state = inventory->state;
	uint64_t all_blocks = atomic_load_explicit(&state->unrecorded_blocks, memory_order_relaxed);
	uint64_t all_bytes = atomic_load_explicit(&state->unrecorded_bytes, memory_order_relaxed);
	double blocks = (double)(all_blocks - state->reported_blocks);
	double bytes = (double)(all_bytes - state->reported_bytes);
	if (blocks < 1)
		return;
	double weight = weight_of(bytes / blocks, atomic_load(&state->heap_interval));
	double values[PROFILE_VALUES_MAX] = {
		[HEAP_ALLOC_BLOCKS] = weight * blocks,
		[HEAP_ALLOC_BYTES] = weight * bytes,
	};
	profile_add_at(inventory->profile, NOWHERE, values);
	state->reported_blocks = all_blocks;
	state->reported_bytes = all_bytes;
}

static void add_live(struct inventory *inventory, int slot)
{
	struct live_block block;
	const struct holder *holder = &inventory->holders[slot];
	if (!live_read(slot, &block)) {
		/* one that is being resized may come back */
		if (holder->stack && holder->stack != NOT_KNOWN && live_is_hidden(slot))
			inventory->kept[holder->stack - 1] = true;
		return;
	}
	bool is_ours = holder->stack && holder->generation == block.generation;
	if (block.is_recorded && !is_ours) /* the record is still to be taken: next time */
		return;
	double weight = weight_of((double)block.size, block.interval);
	double values[PROFILE_VALUES_MAX] = {
		[HEAP_LIVE_BLOCKS] = weight,
		[HEAP_LIVE_BYTES] = weight * (double)block.size,
	};
	if (!is_ours || holder->stack == NOT_KNOWN) {
		profile_add_at(inventory->profile, NOWHERE, values);
		return;
	}
	inventory->kept[holder->stack - 1] = true;
	profile_add_at(inventory->profile, holder->stack - 1, values);
}

void inventory_settle(struct inventory *inventory)
{
	int limit = live_limit();
	memset(inventory->kept, 0, sizeof(inventory->kept));
	inventory->kept[NOWHERE] = true;
	add_unrecorded(inventory);
	for (int slot = 0; slot < limit; slot++)
		add_live(inventory, slot);
}

void inventory_pace(struct inventory *inventory, uint32_t least, uint64_t now_ns)
{
	struct state *state = inventory->state;
	uint64_t passed_ns = now_ns - inventory->paced_ns;
	uint64_t sampled = atomic_load_explicit(&state->allocations, memory_order_relaxed);
	uint32_t interval = atomic_load(&state->heap_interval);
	if (passed_ns < PACE_NS)
		return;
	double rate = (double)(sampled - inventory->paced_at) * 1e9 / (double)passed_ns;
	inventory->paced_ns = now_ns;
	inventory->paced_at = sampled;
	if (interval <= 1)
		return;
	uint32_t wanted = interval;
	while (rate > INVENTORY_RATE && wanted < INTERVAL_MAX) {
		wanted *= 2;
		rate /= 2;
	}
	if (wanted == interval && rate < INVENTORY_RATE / 4.0)
		wanted = interval / 2 > least ? interval / 2 : least;
	/* fails when conprof_stop has come between */
	atomic_compare_exchange_strong(&state->heap_interval, &interval, wanted);
}

struct profile *inventory_profile(struct inventory *inventory)
{
	return inventory->profile;
}

void inventory_next_period(struct inventory *inventory)
{
	int limit = live_limit();
	profile_keep(inventory->profile, inventory->kept, inventory->indexes);
	for (int slot = 0; slot < limit; slot++) {
		struct holder *holder = &inventory->holders[slot];
		if (!holder->stack || holder->stack == NOT_KNOWN)
			continue;
		if (inventory->kept[holder->stack - 1])
			holder->stack = inventory->indexes[holder->stack - 1] + 1;
		else
			holder->stack = 0;
	}
}
