/* SPDX-License-Identifier: Apache-2.0 */
/* profile_table.h -- how profile.c keeps a period and profile_encode.c reads it. */
#pragma once

#include "core/profile.h"
#include "core/sample.h"

enum {
	PROFILE_NAMES_MAX = 4096,
	PROFILE_NAMES_PROBES = 64,
	FRAME_ADDRESS_BITS = 48, /* user addresses of x86-64 have 47 */
	FRAME_NO_MAPPING = 0xffff,
};

/* A frame is its address and, above it, the id of the mapping it lay in when it was seen. */
#define FRAME_ADDRESS_MASK ((UINT64_C(1) << FRAME_ADDRESS_BITS) - 1)

struct stack {
	uint32_t tid;
	uint32_t end;	/* enum unwind_end */
	uint32_t first; /* index of its innermost frame */
	uint32_t count;
	uint64_t samples;
	uint64_t weight_ns;
};

struct thread_name {
	uint32_t tid;
	char name[SAMPLE_NAME_SIZE];
};

struct profile {
	struct maps *maps;
	struct stack *stacks;
	uint64_t *frames;
	uint32_t *buckets; /* index of a stack + 1; 0: empty */
	struct thread_name *names;
	uint32_t stack_count;
	uint32_t frame_count;
	uint64_t total_ns;
};

/* [worker] The name given to the thread, or NULL. */
const char *profile_thread_name(const struct profile *, uint32_t tid);
