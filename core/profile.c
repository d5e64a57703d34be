/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c -- a hash table of stacks, open addressing, frames in one arena. */
#include "core/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/profile_table.h"

enum { BUCKETS = 32768 }; /* a power of two, twice PROFILE_STACKS_MAX */

static_assert(BUCKETS >= 2 * PROFILE_STACKS_MAX, "probing stays short");

struct profile *profile_create(struct maps *maps, enum profile_kind kind)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	if (!profile)
		return NULL;
	profile->maps = maps;
	profile->kind = kind;
	profile->stacks = calloc(PROFILE_STACKS_MAX, sizeof(*profile->stacks));
	profile->frames = calloc(PROFILE_FRAMES_MAX, sizeof(*profile->frames));
	profile->buckets = calloc(BUCKETS, sizeof(*profile->buckets));
	profile->names = calloc(PROFILE_NAMES_MAX, sizeof(*profile->names));
	if (profile->stacks && profile->frames && profile->buckets && profile->names)
		return profile;
	profile_destroy(profile);
	return NULL;
}

void profile_destroy(struct profile *profile)
{
	if (!profile)
		return;
	free(profile->stacks);
	free(profile->frames);
	free(profile->buckets);
	free(profile->names);
	free(profile);
}

/* The mapping may be replaced by another one at the same place before the period ends. */
static uint64_t frame_of(const struct profile *profile, uint64_t pc)
{
	const struct mapping *mapping = maps_find(profile->maps, pc);
	uint64_t id = mapping && mapping->id < FRAME_NO_MAPPING ? mapping->id : FRAME_NO_MAPPING;
	return id << FRAME_ADDRESS_BITS | (pc & FRAME_ADDRESS_MASK);
}

static uint64_t hash_of(const struct profile *profile, const struct stack *stack)
{
	uint64_t hash = stack->tag * 0x9e3779b97f4a7c15u + stack->end;
	for (uint32_t i = 0; i < stack->count; i++)
		hash = (hash ^ profile->frames[stack->first + i]) * 0x9fb21c651e98df25u +
		       (hash >> 29);
	return hash;
}

static bool is_same(const struct profile *profile, const struct stack *a, const struct stack *b)
{
	return a->tag == b->tag && a->end == b->end && a->count == b->count &&
	       !memcmp(profile->frames + a->first, profile->frames + b->first,
		       a->count * sizeof(*profile->frames));
}

/* The frames are written behind the last stack's and stay there only if the stack is new. */
static struct stack *intern(struct profile *profile, struct stack *stack)
{
	uint64_t bucket = hash_of(profile, stack) % BUCKETS;
	for (;; bucket = (bucket + 1) % BUCKETS) {
		uint32_t index = profile->buckets[bucket];
		if (!index)
			break;
		if (is_same(profile, &profile->stacks[index - 1], stack))
			return &profile->stacks[index - 1];
	}
	if (profile->stack_count == PROFILE_STACKS_MAX)
		return NULL;
	profile->stacks[profile->stack_count++] = *stack;
	profile->buckets[bucket] = profile->stack_count;
	profile->frame_count += stack->count;
	return &profile->stacks[profile->stack_count - 1];
}

void profile_add_at(struct profile *profile, uint32_t index, const double *values)
{
	for (int i = 0; i < profile_value_count(profile->kind); i++)
		profile->stacks[index].values[i] += values[i];
}

int profile_add(struct profile *profile, const struct profile_stack *seen, const double *values)
{
	if (seen->count > PROFILE_FRAMES_MAX - profile->frame_count)
		return -1;
	struct stack stack = {.tag = seen->tag,
			      .end = (uint32_t)seen->end,
			      .first = profile->frame_count,
			      .count = (uint32_t)seen->count};
	for (size_t i = 0; i < seen->count; i++)
		profile->frames[stack.first + i] = frame_of(profile, seen->pcs[i]);
	struct stack *found = intern(profile, &stack);
	if (!found)
		return -1;
	uint32_t index = (uint32_t)(found - profile->stacks);
	profile_add_at(profile, index, values);
	return (int)index;
}

void profile_take_back(struct profile *profile, uint32_t tid, uint64_t ns)
{
	double left = (double)ns;
	for (uint32_t i = 0; i < profile->stack_count && left > 0; i++) {
		double *has = &profile->stacks[i].values[CPU_NS];
		if (profile->stacks[i].tag != tid)
			continue;
		double taken = *has < left ? *has : left;
		*has -= taken;
		left -= taken;
	}
}

void profile_name_thread(struct profile *profile, uint32_t tid, const char *name)
{
	uint32_t at = tid % PROFILE_NAMES_MAX;
	for (uint32_t i = 0; i < PROFILE_NAMES_PROBES; i++) {
		struct thread_name *slot = &profile->names[(at + i) % PROFILE_NAMES_MAX];
		if (slot->tid && slot->tid != tid)
			continue;
		slot->tid = tid;
		strncpy(slot->name, name, sizeof(slot->name) - 1);
		return;
	}
}

const char *profile_thread_name(const struct profile *profile, uint32_t tid)
{
	uint32_t at = tid % PROFILE_NAMES_MAX;
	for (uint32_t i = 0; i < PROFILE_NAMES_PROBES; i++) {
		const struct thread_name *slot = &profile->names[(at + i) % PROFILE_NAMES_MAX];
		if (slot->tid == tid)
			return slot->name;
	}
	return NULL;
}

double profile_total(const struct profile *profile, int value)
{
	double total = 0;
	for (uint32_t i = 0; profile && i < profile->stack_count; i++)
		total += profile->stacks[i].values[value];
	return total;
}

void profile_clear(struct profile *profile)
{
	memset(profile->buckets, 0, BUCKETS * sizeof(*profile->buckets));
	memset(profile->names, 0, PROFILE_NAMES_MAX * sizeof(*profile->names));
	memset(profile->stacks, 0, profile->stack_count * sizeof(*profile->stacks));
	profile->stack_count = 0;
	profile->frame_count = 0;
}

/* The stacks move down over those that go, and so do their frames. */
void profile_keep(struct profile *profile, const bool *kept, uint32_t *indexes)
{
	uint32_t count = profile->stack_count;
	memset(profile->buckets, 0, BUCKETS * sizeof(*profile->buckets));
	profile->stack_count = 0;
	profile->frame_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct stack stack = profile->stacks[i];
		if (!kept[i])
			continue;
		memset(stack.values, 0, sizeof(stack.values));
		memmove(profile->frames + profile->frame_count, profile->frames + stack.first,
			stack.count * sizeof(*profile->frames));
		stack.first = profile->frame_count;
		indexes[i] = (uint32_t)(intern(profile, &stack) - profile->stacks);
	}
	memset(profile->stacks + profile->stack_count, 0,
	       (count - profile->stack_count) * sizeof(*profile->stacks));
}

void profile_mark_mappings(const struct profile *profile, bool *used)
{
	for (uint32_t i = 0; i < profile->frame_count; i++) {
		uint64_t id = profile->frames[i] >> FRAME_ADDRESS_BITS;
		if (id != FRAME_NO_MAPPING)
			used[id] = true;
	}
}
