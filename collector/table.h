/* SPDX-License-Identifier: Apache-2.0 */
/* table.h -- rows of one size, each of them once, numbered in the order of their coming.
 *
 * Row 0 is all zeros and stands for none. Rows never move and never change: while one thread adds,
 * any other may read rows whose numbers it has been given.
 *
 *              add   at      x = the caller must exclude the two
 *     add       x    -
 *     at        -    -
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

enum {
	TABLE_FIRST_BITS = 8, /* rows of the first chunk, as a power of two */
	TABLE_CHUNKS = 20,    /* each one as large as all before it: 2^27 rows */
};

/* What several tables may take together. */
struct table_budget {
	size_t left;  /* bytes */
	bool is_full; /* something was refused for want of them */
};

struct table {
	size_t row_size;
	uint64_t seed; /* of the hashes, so that nobody can aim at one slot */
	struct table_budget *budget;
	atomic_uint count;
	unsigned char *chunks[TABLE_CHUNKS];
	uint64_t *slots; /* the hash's upper half, and the row; 0 is free */
	uint32_t slot_count;
};

/* [any]    A hash of bytes. */
uint64_t table_hash(const void *bytes, size_t size, uint64_t seed);
/* [any]    An empty table, with its row 0. False beyond the budget or without memory. */
bool table_open(struct table *, size_t row_size, uint64_t seed, struct table_budget *);
/* [any]    Frees what the table took, and gives nothing back to the budget. */
void table_close(struct table *);
/* [writer] The number of the row that equals this one, added if it is new. TABLE_NONE beyond the
 *          budget, which then is_full, or without memory. */
uint32_t table_add(struct table *, const void *row);
/* [writer] The number of the row that has this hash and for which is_same says so, TABLE_NONE when
 *          there is none. */
uint32_t table_find(const struct table *, uint64_t hash,
		    bool (*is_same)(const struct table *, uint32_t row, const void *what),
		    const void *what);
/* [writer] Adds a row that table_find has not found under this hash. As table_add. */
uint32_t table_append(struct table *, uint64_t hash, const void *row);
/* [any]    Rows that there are. */
static inline uint32_t table_count(const struct table *t)
{
	/* pairs with table_append: whoever sees the count sees the rows */
	return atomic_load_explicit(&t->count, memory_order_acquire);
}
/* [any]    A row, for as long as there is the table. */
static inline const void *table_at(const struct table *t, uint32_t row)
{
	uint32_t part = row >> TABLE_FIRST_BITS;
	unsigned chunk = part ? 32 - (unsigned)__builtin_clz(part) : 0;
	uint32_t start = chunk ? 1U << (TABLE_FIRST_BITS + chunk - 1) : 0;
	return t->chunks[chunk] + (row - start) * t->row_size;
}
