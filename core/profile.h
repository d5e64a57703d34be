/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h -- the table of one period: which stack stands for how much.
 *
 * Fixed memory. Addresses are kept with the mapping they lie in, and get their names only when the
 * period ends, in one sweep per mapping.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/maps.h"
#include "core/unwind.h"

enum {
	PROFILE_STACKS_MAX = 16000,	/* Pyroscope's default limit */
	PROFILE_FRAMES_MAX = 256 << 10, /* of all stacks together */
};

struct profile;

/* What the numbers of a profile mean, as the ecosystem of pprof knows them. */
enum profile_kind {
	PROFILE_CPU,  /* values: samples, nanoseconds; tag: thread */
	PROFILE_HEAP, /* values: blocks and bytes allocated, blocks and bytes alive; tag: any number
		       */
	PROFILE_KINDS,
};

enum { PROFILE_VALUES_MAX = 4 };

enum { CPU_SAMPLES, CPU_NS };
enum { HEAP_ALLOC_BLOCKS, HEAP_ALLOC_BYTES, HEAP_LIVE_BLOCKS, HEAP_LIVE_BYTES };

struct profile_stack {
	uint32_t tag; /* stacks that differ in it are kept apart */
	enum unwind_end end;
	const uint64_t *pcs; /* innermost first */
	size_t count;
};

/* [worker] An empty table over maps, which must outlive it; NULL without memory. */
struct profile *profile_create(struct maps *, enum profile_kind);
/* [worker] NULL is harmless. */
void profile_destroy(struct profile *);
/* [worker] Adds these values, as many as the kind has, to those of the stack, whose index it
 * returns; -1 when the table is full: the caller counts the loss. */
int profile_add(struct profile *, const struct profile_stack *, const double *values);
/* [worker] Adds to the values of the stack with this index. */
void profile_add_at(struct profile *, uint32_t index, const double *values);
/* [worker] Takes up to ns back from the samples of the thread. */
void profile_take_back(struct profile *, uint32_t tid, uint64_t ns);
/* [worker] The name of the thread, for all its samples of this period. */
void profile_name_thread(struct profile *, uint32_t tid, const char *name);
/* [worker] The sum of this value over all stacks; 0 for NULL. */
double profile_total(const struct profile *, int value);
/* [worker] Forgets all samples. */
void profile_clear(struct profile *);
/* [worker] Forgets all values, and the stacks that are not marked in kept. Writes the new index of
 * each to indexes; both have PROFILE_STACKS_MAX members. */
void profile_keep(struct profile *, const bool *kept, uint32_t *indexes);
/* [worker] Marks the ids of the mappings that the stacks lie in. */
void profile_mark_mappings(const struct profile *, bool *used);

struct profile_facts {
	uint64_t start_ns; /* CLOCK_REALTIME */
	uint64_t duration_ns;
	uint64_t period; /* between two samples, in the unit of the kind */
	int pid;	 /* whose perf map names JIT code */
	const char *const *comments;
	size_t comment_count;
};

/* [worker] The samples as a gzip'd pprof profile, from malloc. 0, -ENODATA when there are none (or
 * profile is NULL),
 * -ENOMEM. The table stays as it is. */
int profile_encode(const struct profile *, const struct profile_facts *, uint8_t **bytes,
		   size_t *size);
