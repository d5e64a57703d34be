/* SPDX-License-Identifier: Apache-2.0 */
/* name_set.c -- names, each once, in their order: what a query lists. */
#include "collector/name_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where the name is, or belongs. */
static size_t place_of(const struct name_set *set, const char *name, bool *found)
{
	size_t low = 0, high = set->count;
	*found = false;
	while (low < high && !*found) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(set->at[middle], name);
		*found = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return *found ? high : low;
}

static int make_room(struct name_set *set)
{
	if (set->count == NAME_SET_MAX)
		return -E2BIG;
	if (set->count < set->room)
		return 0;
	size_t room = set->room ? 2 * set->room : 16;
	char **more = realloc(set->at, room * sizeof(char *));
	if (!more)
		return -ENOMEM;
	set->at = more;
	set->room = room;
	return 0;
}

int name_set_add(struct name_set *set, const char *name, size_t *place)
{
	bool found;
	*place = place_of(set, name, &found);
	if (found)
		return 0;
	int error = make_room(set);
	char *copy = error ? NULL : strdup(name);
	if (!copy)
		return error ? error : -ENOMEM;
	memmove(set->at + *place + 1, set->at + *place, (set->count++ - *place) * sizeof(char *));
	set->at[*place] = copy;
	return 0;
}

void name_set_json(struct text *text, const struct name_set *set)
{
	text_append(text, "[", 1);
	for (size_t i = 0; i < set->count; i++) {
		text_append(text, ",", i > 0);
		text_json(text, set->at[i]);
	}
	text_append(text, "]", 1);
}

void name_set_clear(struct name_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->at[i]);
	free(set->at);
	*set = (struct name_set){0};
}
