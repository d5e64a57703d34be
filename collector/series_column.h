/* SPDX-License-Identifier: Apache-2.0 */
/* series_column.h -- which of their totals profiles are added up by.
 *
 * Those with the same sample types have the same one: that which was asked for, or what
 * google/pprof shows first of such profiles as far as the index knows it, see column.h:
 * "inuse_space", the default of all heap profiles, or else the last one. Where that is nothing but
 * zeros it is the last one that is not.
 */
#pragma once

#include "collector/name_set.h"
#include "collector/store.h"

enum {
	SERIES_COLUMN_LISTS = 1000, /* different sample types, the most */
};

struct series_column {
	size_t column;
	bool is_there;	 /* a sample type of this name */
	uint32_t filled; /* the columns that were not zero in some profile, as bits */
};

struct series_columns {
	const char *wanted;	  /* the name of a sample type; "": the default */
	struct name_set lists;	  /* all sample types of a profile, each once */
	struct series_column *at; /* of each list, in their order */
};

struct series_value {
	bool is_there;
	int64_t total;
	const char *name; /* "cpu/nanoseconds", escaped, of so many bytes; the profile's own */
	size_t name_size;
};

/* [any]    The total of a profile, if it has one of those that are meant. 0, -ENOMEM, -E2BIG. */
int series_column_value(struct series_columns *, const struct store_profile *,
			struct series_value *);
/* [any]    When all profiles have been there: chooses others for those that were only zeros.
 * Whether there were any, so that all have to be added up again. */
bool series_columns_choose_again(struct series_columns *);
/* [any]    Writes the names of the sample types that there are, with commas. */
int series_columns_list(const struct series_columns *, struct text *);
/* [any]    Frees them; only wanted has to be set before the first use. */
void series_columns_clear(struct series_columns *);
