/* SPDX-License-Identifier: Apache-2.0 */
/* column.h -- by which of its sample types a merged profile is shown. */
#pragma once

#include "collector/merged.h"
#include "collector/text.h"

enum {
	COLUMN_ERROR_SIZE = 512,
};

/* [any]    The sample type of this name. "": the default one, or else the last one, as google/pprof
 *          has it; when nothing but zeros is there, what the period is of, or else the last one
 *          that has anything, as a profiler that knows many types fills in few. 0 and *column;
 *          -EINVAL when there is none of the name, and error lists those there are. */
int column_find(const struct merged *, const char *name, uint32_t *column,
		char error[COLUMN_ERROR_SIZE]);
/* [any]    Appends all sample types and their totals as a JSON array. */
void column_json(struct text *, const struct merged *);
