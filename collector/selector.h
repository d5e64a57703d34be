/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h -- which profiles a query means: {region="eu",host=~"web.*",debug!="1"}.
 *
 * The operators are = != =~ !~; a regular expression, see pattern.h, matches the whole value. A
 * label that is absent has the value "". The names service and type mean those of the profile.
 */
#pragma once

#include "collector/labels.h"
#include "collector/pattern.h"

#include <stdint.h>

enum {
	SELECTOR_MAX = 16,
	SELECTOR_ERROR_SIZE = 160,
	SELECTOR_BUDGET = 2000000000, /* ns for all that one selector matches, see pattern.h */
};

struct selector {
	uint64_t budget; /* ns that its patterns may take still */
	size_t count;
	struct matcher {
		char *key, *value;
		bool negated;
		struct pattern *pattern; /* NULL: it is equality */
	} at[SELECTOR_MAX];
};

/* [any]    Reads the text, braces optional, "" selects all; values need quotes only for what
 *          would end them. 0; -EINVAL and error says what was expected and where; -ENOMEM. The
 *          caller clears it when 0. */
int selector_parse(struct selector *, const char *text, char error[SELECTOR_ERROR_SIZE]);
/* [any]    Whether a profile is meant: 1, 0, or -ETIME when its patterns have cost too much. */
int selector_matches(struct selector *, const char *service, const char *type,
		     const struct labels *);
/* [any]    Frees it; a struct of zeros is fine and selects all. */
void selector_clear(struct selector *);
