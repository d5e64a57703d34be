/* SPDX-License-Identifier: Apache-2.0 */
/* top_print.h -- the table of top, for eyes. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "collector/top.h"

struct top_view {
	bool by_cum;	/* order and bars by cum, not by flat */
	bool unicode;	/* the reader shows UTF-8 */
	size_t rows;	/* at most so many functions */
	unsigned width; /* of a line, in columns; 0: no limit */
};

/* [any]    Writes header and table of a top that has at least one profile. files are their
 *          names. 0, -ENOMEM; a failure to write is left in to's error flag. */
int top_print(FILE *to, const struct top *, const struct top_view *, const char *const *files);
