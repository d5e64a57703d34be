/* SPDX-License-Identifier: Apache-2.0 */
/* top.h -- the functions of one or more profiles, the most expensive ones first.
 *
 * Profiles are summed as they are added and not kept. A function's flat value is what it spent
 * itself; cum adds what it called, once per sample however often it is on the stack.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/view.h"
#include "encoder/intern.h"

enum {
	TOP_ERROR_SIZE = 512,
	TOP_NAME_SIZE = 4096, /* of a function; longer names are cut */
};

struct top_row {
	uint32_t name;	      /* among the names, ended by a NUL */
	uint64_t last_sample; /* the last one that has been counted here */
	int64_t flat, cum;
};

struct top {
	char *type, *unit; /* of what is summed; unit is NULL before the first profile */
	char *types;	   /* all of the first profile's, for comparison */
	size_t column;
	int64_t total;	     /* of all samples, each by its magnitude */
	int64_t time_ns;     /* when the earliest profile began, 0 if none says */
	int64_t duration_ns; /* of all profiles */
	uint64_t sample_count, file_count, comment_count;
	struct intern names;
	struct top_row *rows; /* in the order of names */
	size_t row_count, row_max;
};

/* [any]    An empty table of the sample type of this name; NULL: the one that the first profile
 *          shows by default. NULL without memory. */
struct top *top_create(const char *type);
/* [any]    NULL is fine. */
void top_destroy(struct top *);
/* [any]    Adds a profile. 0; -EINVAL when it has no such type,
 *          or others than the profiles before it, and error says which; -ENOMEM. */
int top_add(struct top *, const struct view *, char error[TOP_ERROR_SIZE]);
