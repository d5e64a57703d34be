/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h -- which profiles a query means: {region="eu",host=~"web.*",debug!="1"}.
 *
 * The operators are = != =~ !~; a regular expression (POSIX extended, without {}, back references
 * and deeply nested +, which could take for ever) matches the whole value. A label that is absent
 * has the value "". The names service and type mean those of the profile.
 */
#pragma once

#include "collector/labels.h"

#include <regex.h>

enum {
	SELECTOR_MAX = 16,
	SELECTOR_ERROR_SIZE = 160,
	SELECTOR_PATTERN_MAX = 256,
};

struct selector {
	size_t count;
	struct matcher {
		char *key, *value;
		bool negated, is_pattern;
		regex_t pattern; /* set when is_pattern */
	} at[SELECTOR_MAX];
};

/* [any]    Reads the text, braces optional, "" selects all. 0; -EINVAL and error says why;
 *          -ENOMEM. The caller clears it when 0. */
int selector_parse(struct selector *, const char *text, char error[SELECTOR_ERROR_SIZE]);
/* [any]    Whether a profile is meant. */
bool selector_matches(const struct selector *, const char *service, const char *type,
		      const struct labels *);
/* [any]    Frees it; a struct of zeros is fine and selects all. */
void selector_clear(struct selector *);
