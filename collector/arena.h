/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h -- memory that is taken piece by piece and given back at once, never more than a cap. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	size_t max;   /* bytes that may be taken, set by the caller; the rest begins as zeros */
	size_t used;  /* bytes that have been taken */
	bool is_full; /* something was refused because of max */
	struct arena_block *blocks;
};

/* [any]    count elements of size bytes each, zeros, aligned for anything. NULL beyond the cap,
 *          which sets is_full, or without memory. They are valid until arena_clear. */
void *arena_take(struct arena *, size_t count, size_t size);
/* [any]    The same without the zeros. */
void *arena_take_raw(struct arena *, size_t count, size_t size);
/* [any]    Takes everything back, and keeps the largest block for the next use. */
void arena_clear(struct arena *);
/* [any]    Takes everything back and frees it. */
void arena_free(struct arena *);
