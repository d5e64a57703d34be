/* SPDX-License-Identifier: Apache-2.0 */
/* unnamed.h -- the addresses that still lack a name, handed from one source of names to the next.
 */
#pragma once

#include "core/symbols.h"

/* A longer name is cut: 4 KiB with its NUL, which holds what C++ compilers really emit. */
enum { UNNAMED_NAME_MAX = 4096 };

struct unnamed_texts;

struct unnamed {
	uint64_t *addresses; /* ascending, in the numbering of the object */
	uint32_t *indices;   /* the caller's index of each, UINT32_MAX once it has been named */
	size_t count;
	size_t named; /* how many times found was called */
	symbols_found *found;
	void *context;
	struct unnamed_texts *texts;
};

/* [worker] Takes the addresses, less bias, into the list. 0, -ENOMEM, or -EINVAL when they do not
 * all lie above bias in ascending order. */
int unnamed_create(struct unnamed *, const struct symbols_wanted *, uint64_t bias);
/* [worker] Harmless after a failed create. */
void unnamed_destroy(struct unnamed *);
/* [worker] Names the ith address of the list: calls found with the demangled name and the name as
 * it is, both with suffix appended. An empty name, or a second one, is no name. */
void unnamed_give(struct unnamed *, size_t i, const char *name, const char *suffix);
/* [worker] Takes the named ones out; the order of the others stays. */
void unnamed_compact(struct unnamed *);
/* [worker] The index of the first address that is not below value; count when all are. */
size_t unnamed_first_not_below(const struct unnamed *, uint64_t value);
