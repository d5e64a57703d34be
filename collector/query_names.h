/* SPDX-License-Identifier: Apache-2.0 */
/* query_names.h -- whether a query has parameters that nobody reads: it would be answered as if
 * they were not there, and the answer would look right.
 *
 * Profefe takes any, and its clients may send what it does not know. So at its addresses only a
 * name that is nearly one of ours is refused, and at our own ones everything that there is not.
 */
#pragma once

#include "collector/query_string.h"

enum {
	QUERY_NAMES_ERROR_SIZE = 512,
};

struct query_names {
	const char *list; /* with ", " between them */
	bool is_all;	  /* others are refused even when they are nearly none of these */
};

/* [any]    Whether a query has no others, and none that is nearly one of those that it does not
 *          have. 0; -EINVAL, and error says which, and what was meant. */
int query_names_check(const struct query_names *, const struct query_string *,
		      char error[QUERY_NAMES_ERROR_SIZE]);
