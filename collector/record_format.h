/* SPDX-License-Identifier: Apache-2.0 */
/* record_format.h -- what the writer and the reader of records agree on; for these two alone.
 *
 *     version, RECORD_PLAIN or RECORD_ZSTD, and then, as it is or as a zstd frame, in varints:
 *     types, period type, texts, times, comments with their bytes,
 *     bases, with the flags below: mapping, and the start's difference, zigzag, rotated right by a
 *     page's bits
 *     of a sum, the orders of comments and bases as differences, the first from its time
 *     rows, a column of stacks' differences, one of labels' differences
 *     per type: factor, predictor, a column of value / factor - that of the predictor's column,
 *     which is so many columns before, 0: of none
 */
#pragma once

#include <stdint.h>

enum {
	RECORD_VERSION = 1,
	RECORD_PLAIN = 0,
	RECORD_ZSTD = 1,
	RECORD_PAGE_BITS = 12,
	RECORD_MAIN_IDLE = 1, /* flags */
	RECORD_SUM = 2,
	RECORD_FLAGS = 3,
};

/* [any]    The bits of a word moved round to the right. */
static inline uint64_t record_rotate(uint64_t word, unsigned bits)
{
	return word >> bits | word << (64 - bits);
}
