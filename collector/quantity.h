/* SPDX-License-Identifier: Apache-2.0 */
/* quantity.h -- a value and its unit as people read it. */
#pragma once

#include <stdint.h>

enum {
	QUANTITY_SIZE = 32,
};

/* [any]    "1.25s", "3.50MiB", "412": times and bytes are scaled, of anything else only the
 *          number is written. */
void quantity_format(char text[QUANTITY_SIZE], int64_t value, const char *unit);
