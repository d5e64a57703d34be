/* SPDX-License-Identifier: Apache-2.0 */
/* range.c -- a short array that is searched from its beginning: a mapping costs a system call. */
#include "core/range.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/live.h"

/* No block is here. */
#define NAMES_FROM (UINT64_C(1) << 50)

struct part {
	uintptr_t from, to;
};

static struct live_range *at(int range)
{
	return &live_table->ranges[range];
}

static int limit(void)
{
	return atomic_load_explicit(&live_table->range_limit, memory_order_relaxed);
}

static void raise_limit(int count)
{
	int seen = limit();
	while (seen < count &&
	       !atomic_compare_exchange_weak(&live_table->range_limit, &seen, count))
		;
}

void *range_name(int range)
{
	return (void *)(NAMES_FROM + (uintptr_t)range);
}

/* An end that is 0 tells the others that there is nothing yet. */
int range_claim(const void *start, size_t size)
{
	for (int i = 0; i < LIVE_RANGES; i++) {
		uintptr_t nobody = 0;
		if (atomic_load_explicit(&at(i)->from, memory_order_relaxed) ||
		    !atomic_compare_exchange_strong(&at(i)->from, &nobody, (uintptr_t)start))
			continue;
		atomic_store(&at(i)->to, (uintptr_t)start + size);
		raise_limit(i + 1);
		return i;
	}
	return RANGE_NONE;
}

static void release(int range)
{
	atomic_store(&at(range)->to, 0);
	atomic_store(&at(range)->from, 0);
}

void range_settle(int range)
{
	if (!live_may_hold(range_name(range)))
		release(range);
}

static struct part part_of(int range)
{
	return (struct part){atomic_load(&at(range)->from), atomic_load(&at(range)->to)};
}

static bool meet(struct part a, struct part b)
{
	return a.from < b.to && b.from < a.to;
}

/* What is left of one without the other. */
static struct part remainder_of(struct part whole, struct part cut)
{
	struct part below = {whole.from, cut.from > whole.from ? cut.from : whole.from};
	struct part above = {cut.to < whole.to ? cut.to : whole.to, whole.to};
	return below.to - below.from >= above.to - above.from ? below : above;
}

static void show(int range, int slot, struct part now)
{
	struct part before = part_of(range);
	live_resize(slot, before.to - before.from, now.to - now.from);
	atomic_store(&at(range)->from, now.from);
	atomic_store(&at(range)->to, now.to);
	live_show(slot, range_name(range));
}

static void shrink(int range, struct part whole, struct part cut)
{
	struct part left = remainder_of(whole, cut);
	int slot = live_hide(range_name(range));
	if (slot != LIVE_NONE && left.from < left.to) {
		show(range, slot, left);
		return;
	}
	if (slot != LIVE_NONE)
		live_release(slot, range_name(range));
	release(range);
}

void range_cut(const void *start, size_t size)
{
	struct part cut = {(uintptr_t)start, (uintptr_t)start + size};
	for (int i = 0, count = limit(); i < count; i++) {
		struct part whole = part_of(i);
		if (whole.from && meet(whole, cut))
			shrink(i, whole, cut);
	}
}

int range_hide(const void *start, size_t size)
{
	for (int i = 0, count = limit(); i < count; i++) {
		struct part whole = part_of(i);
		if (whole.from != (uintptr_t)start || whole.to != whole.from + size)
			continue;
		int slot = live_hide(range_name(i));
		atomic_store(&at(i)->slot, slot);
		if (slot != LIVE_NONE)
			return i;
	}
	range_cut(start, size);
	return RANGE_NONE;
}

void range_moved(int range, const void *start, size_t size)
{
	struct part now = {(uintptr_t)start, (uintptr_t)start + size};
	show(range, atomic_load(&at(range)->slot), now);
}
