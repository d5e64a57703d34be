/* SPDX-License-Identifier: Apache-2.0 */
/* series_column.c -- which of their totals profiles are added up by. */
#include "collector/series_column.h"

#include "collector/percent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_MAX_SIZE = 1024, /* of one, escaped; longer ones are nobody's */
};

static const char heap_default[] = "inuse_space";

/* One of a list: "cpu/nanoseconds" behind "samples/count,". */
static const char *item_at(const char *list, size_t i, size_t *size)
{
	for (; i > 0 && *list; i--) {
		list += strcspn(list, ",");
		list += *list == ',';
	}
	*size = strcspn(list, ",");
	return list;
}

static bool decode_name(const char *item, char name[NAME_MAX_SIZE])
{
	size_t size = strcspn(item, "/,");
	return size < NAME_MAX_SIZE && !percent_decode(name, item, size, false);
}

static bool find(const char *list, size_t count, const char *wanted, size_t *column)
{
	char name[NAME_MAX_SIZE];
	size_t size;
	for (size_t i = 0; i < count; i++) {
		const char *item = item_at(list, i, &size);
		if (!size || !decode_name(item, name) || strcmp(name, wanted) != 0)
			continue;
		*column = i;
		return true;
	}
	return false;
}

static void choose(struct series_column *chosen, const char *wanted,
		   const struct store_profile *profile)
{
	size_t count = profile->total_count;
	memset(chosen, 0, sizeof *chosen);
	if (count == 0)
		return;
	chosen->is_there = find(profile->sample_types, count, *wanted ? wanted : heap_default,
				&chosen->column);
	if (*wanted || chosen->is_there)
		return;
	chosen->column = count - 1;
	chosen->is_there = true;
}

static int find_list(struct series_columns *columns, const struct store_profile *profile,
		     struct series_column **found)
{
	size_t place, before = columns->lists.count;
	int error = name_set_add(&columns->lists, profile->sample_types, &place);
	if (error)
		return error;
	if (columns->lists.count == before) {
		*found = &columns->at[place];
		return 0;
	}
	struct series_column *more =
		realloc(columns->at, columns->lists.count * sizeof columns->at[0]);
	if (!more)
		return -ENOMEM;
	columns->at = more;
	*found = &more[place];
	memmove(*found + 1, *found, (before - place) * sizeof more[0]);
	choose(*found, columns->wanted, profile);
	return before == SERIES_COLUMN_LISTS ? -E2BIG : 0;
}

int series_column_value(struct series_columns *columns, const struct store_profile *profile,
			struct series_value *value)
{
	struct series_column *chosen;
	int error = find_list(columns, profile, &chosen);
	*value = (struct series_value){0};
	if (error || !chosen->is_there || chosen->column >= profile->total_count)
		return error;
	for (size_t i = 0; i < profile->total_count; i++)
		if (profile->totals[i])
			chosen->filled |= UINT32_C(1) << i;
	value->is_there = true;
	value->total = profile->totals[chosen->column];
	value->name = item_at(profile->sample_types, chosen->column, &value->name_size);
	return 0;
}

bool series_columns_choose_again(struct series_columns *columns)
{
	bool is_other = false;
	for (size_t i = 0; i < columns->lists.count && !*columns->wanted; i++) {
		struct series_column *chosen = &columns->at[i];
		if (!chosen->filled || chosen->filled >> chosen->column & 1)
			continue;
		chosen->column = 31 - (size_t)__builtin_clz(chosen->filled);
		is_other = true;
	}
	return is_other;
}

int series_columns_list(const struct series_columns *columns, struct text *text)
{
	struct name_set names = {0};
	char name[NAME_MAX_SIZE];
	size_t size, place;
	int error = 0;
	for (size_t i = 0; i < columns->lists.count; i++) {
		const char *item = item_at(columns->lists.at[i], 0, &size);
		for (; size && !error; item = item_at(item, 1, &size))
			if (decode_name(item, name))
				error = name_set_add(&names, name, &place);
	}
	for (size_t i = 0; i < names.count; i++)
		text_printf(text, "%s%s", i ? ", " : "", names.at[i]);
	name_set_clear(&names);
	return error;
}

void series_columns_clear(struct series_columns *columns)
{
	name_set_clear(&columns->lists);
	free(columns->at);
	*columns = (struct series_columns){.wanted = columns->wanted};
}
