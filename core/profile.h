/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h -- the table of one period: which stack of which thread was seen for how long.
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

struct profile_stack {
	uint32_t tid;
	enum unwind_end end;
	const uint64_t *pcs; /* innermost first */
	size_t count;
};

/* [worker] An empty table over maps, which must outlive it; NULL without memory. */
struct profile *profile_create(struct maps *);
/* [worker] NULL is harmless. */
void profile_destroy(struct profile *);
/* [worker] Adds count samples that stand for weight_ns. False when the table is full: the caller
 * counts the loss. */
bool profile_add(struct profile *, const struct profile_stack *, uint64_t count,
		 uint64_t weight_ns);
/* [worker] Takes up to ns back from the samples of the thread. */
void profile_take_back(struct profile *, uint32_t tid, uint64_t ns);
/* [worker] The name of the thread, for all its samples of this period. */
void profile_name_thread(struct profile *, uint32_t tid, const char *name);
/* [worker] Nanoseconds added since the last profile_clear. */
uint64_t profile_total_ns(const struct profile *);
/* [worker] Forgets all samples. */
void profile_clear(struct profile *);

struct profile_facts {
	uint64_t start_ns; /* CLOCK_REALTIME */
	uint64_t duration_ns;
	uint64_t period_ns; /* of CPU time between two ticks */
	int pid;	    /* whose perf map names JIT code */
	const char *const *comments;
	size_t comment_count;
};

/* [worker] The samples as a gzip'd pprof CPU profile, from malloc. 0, -ENODATA when there are none,
 * -ENOMEM. The table stays as it is. */
int profile_encode(const struct profile *, const struct profile_facts *, uint8_t **bytes,
		   size_t *size);
