/* SPDX-License-Identifier: Apache-2.0 */
/* query_string.h -- what stands behind the ? of a URL, as Go's net/url reads it.
 *
 * A pair with a bad escape or a semicolon is left out, and so is what comes after the first
 * QUERY_PAIRS_MAX pairs. A NUL, %00, is told: what is left out because of it is a condition less.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	QUERY_PAIRS_MAX = 64,
};

struct query_string {
	char *text; /* in which the pairs lie */
	bool has_nul;
	size_t count;
	struct {
		const char *key, *value;
	} pairs[QUERY_PAIRS_MAX];
};

/* [any]    Reads text, the part behind the ?; NULL is an empty one. 0, -ENOMEM. */
int query_parse(struct query_string *, const char *text);
/* [any]    Frees what query_parse made; a struct of zeros is fine. */
void query_clear(struct query_string *);
/* [any]    The first value of this key, "" when there is none. */
const char *query_get(const struct query_string *, const char *key);
