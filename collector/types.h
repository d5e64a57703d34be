/* SPDX-License-Identifier: Apache-2.0 */
/* types.h -- what the values of profiles are, compared: only equals can be merged. */
#pragma once

#include "collector/sheet.h"

struct types {
	const struct dictionary *dictionary;
	const struct sheet_type *types;
	uint32_t count;
	struct sheet_type period;
};

/* [any]    Whether sample types and period types are the same, whatever the dictionaries. If not,
 *          error, of size bytes, names both. */
bool types_agree(const struct types *, const struct types *, char *error, size_t size);
