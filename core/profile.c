/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c -- a hash table of stacks, open addressing, frames in one arena. */
#include "core/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/profile_table.h"

enum { BUCKETS = 32768 }; /* a power of two, twice PROFILE_STACKS_MAX */

static_assert(BUCKETS >= 2 * PROFILE_STACKS_MAX, "probing stays short");

struct profile *profile_create(struct maps *maps)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	if (!profile)
		return NULL;
	profile->maps = maps;
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
	uint64_t hash = stack->tid * 0x9e3779b97f4a7c15u + stack->end;
	for (uint32_t i = 0; i < stack->count; i++)
		hash = (hash ^ profile->frames[stack->first + i]) * 0x9fb21c651e98df25u +
		       (hash >> 29);
	return hash;
}

static bool is_same(const struct profile *profile, const struct stack *a, const struct stack *b)
{
	return a->tid == b->tid && a->end == b->end && a->count == b->count &&
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

bool profile_add(struct profile *profile, const struct profile_stack *seen, uint64_t count,
		 uint64_t weight_ns)
{
	if (seen->count > PROFILE_FRAMES_MAX - profile->frame_count)
		return false;
	struct stack stack = {.tid = seen->tid,
			      .end = (uint32_t)seen->end,
			      .first = profile->frame_count,
			      .count = (uint32_t)seen->count};
	for (size_t i = 0; i < seen->count; i++)
		profile->frames[stack.first + i] = frame_of(profile, seen->pcs[i]);
	struct stack *found = intern(profile, &stack);
	if (!found)
		return false;
	found->samples += count;
	found->weight_ns += weight_ns;
	profile->total_ns += weight_ns;
	return true;
}

void profile_take_back(struct profile *profile, uint32_t tid, uint64_t ns)
{
	for (uint32_t i = 0; i < profile->stack_count && ns; i++) {
		struct stack *stack = &profile->stacks[i];
		if (stack->tid != tid)
			continue;
		uint64_t taken = stack->weight_ns < ns ? stack->weight_ns : ns;
		stack->weight_ns -= taken;
		profile->total_ns -= taken;
		ns -= taken;
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

uint64_t profile_total_ns(const struct profile *profile)
{
	return profile->total_ns;
}

void profile_clear(struct profile *profile)
{
	memset(profile->buckets, 0, BUCKETS * sizeof(*profile->buckets));
	memset(profile->names, 0, PROFILE_NAMES_MAX * sizeof(*profile->names));
	memset(profile->stacks, 0, profile->stack_count * sizeof(*profile->stacks));
	profile->stack_count = 0;
	profile->frame_count = 0;
	profile->total_ns = 0;
}
