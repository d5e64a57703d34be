/* SPDX-License-Identifier: Apache-2.0 */
/* intern.h -- a table in which equal rows are one row, numbered in the order of their coming.
 *
 * A row is a run of bytes; all rows lie end to end. Whatever is hashed comes out of the profiled
 * program, not from an enemy: no seed is mixed in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INTERN_NONE = UINT32_MAX,
};

struct intern {
	uint8_t *bytes;	 /* all rows */
	uint32_t *ends;	 /* row i ends before bytes[ends[i]], where row i + 1 begins */
	uint32_t *slots; /* 1 + row, by hash; 0 is free */
	uint32_t count, size;
	uint32_t count_max, size_max,
		slot_count; /* what is allocated; slot_count is a power of two */
};

/* [any]    The number of the row that equals bytes, added if new. INTERN_NONE without memory,
 *          or when all rows would exceed 1 GiB. An intern of zeros is empty. */
uint32_t intern_add(struct intern *, const void *bytes, size_t len);
/* [any]    The number of the row, INTERN_NONE when there is none. */
uint32_t intern_find(const struct intern *, const void *bytes, size_t len);
/* [any]    The bytes of a row, unaligned, until the next intern_add. */
const void *intern_at(const struct intern *, uint32_t row);
/* [any]    Frees the rows; the intern is empty again. */
void intern_clear(struct intern *);
