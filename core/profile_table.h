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
	uint32_t tag;
	uint32_t end;	/* enum unwind_end */
	uint32_t first; /* index of its innermost frame */
	uint32_t count;
	double values[PROFILE_VALUES_MAX];
};

struct thread_name {
	uint32_t tid;
	char name[SAMPLE_NAME_SIZE];
};

struct profile {
	enum profile_kind kind;
	struct maps *maps;
	struct stack *stacks;
	uint64_t *frames;
	uint32_t *buckets; /* index of a stack + 1; 0: empty */
	struct thread_name *names;
	uint32_t stack_count;
	uint32_t frame_count;
};

/* [worker] How many values each stack has. */
int profile_value_count(enum profile_kind);
/* [worker] The name given to the thread, or NULL. */
const char *profile_thread_name(const struct profile *, uint32_t tid);
