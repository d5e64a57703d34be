/* SPDX-License-Identifier: Apache-2.0 */
/* malloc.h -- whether allocations are counted. */
#pragma once

#include <stdbool.h>

/* [hook]   From now on every block that is allocated is counted, or none is any more. The ends of
 * those that were sampled are seen either way. */
void malloc_count(bool on);
/* [hook]   From now on neither is. */
void malloc_count_nothing(void);
/* [hook]   Whether the ends of blocks are seen. */
bool malloc_sees_ends(void);
/* [hook]   Whether blocks are counted. */
bool malloc_counts(void);
