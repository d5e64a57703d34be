/* SPDX-License-Identifier: Apache-2.0 */
/* selection.c -- the profiles that a query has found, oldest first, and never too many of them. */
#include "collector/selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_time(const void *a, const void *b)
{
	const struct selected *one = a;
	const struct selected *two = b;
	if (one->time_ns != two->time_ns)
		return one->time_ns < two->time_ns ? -1 : 1;
	return strcmp(one->id, two->id);
}

static void drop_text(struct selection *selection, struct selected *selected)
{
	selection->text_size -= selected->text ? strlen(selected->text) : 0;
	free(selected->text);
}

/* False without memory. */
static bool take_text(struct selection *selection, struct selected *selected,
		      const struct store_profile *profile)
{
	selected->text = selection->describe ? selection->describe(profile) : NULL;
	selection->text_size += selected->text ? strlen(selected->text) : 0;
	return selected->text || !selection->describe;
}

/* The newest ones stay. */
static void keep_newest(struct selection *selection)
{
	if (selection->count)
		qsort(selection->at, selection->count, sizeof selection->at[0], by_time);
	if (!selection->newest || selection->count <= selection->newest)
		return;
	size_t extra = selection->count - selection->newest;
	for (size_t i = 0; i < extra; i++)
		drop_text(selection, &selection->at[i]);
	memmove(selection->at, selection->at + extra, selection->newest * sizeof selection->at[0]);
	selection->count = selection->newest;
	selection->oldest_ns = selection->at[0].time_ns;
}

static int make_room(struct selection *selection)
{
	if (selection->count < selection->room)
		return 0;
	/* Sorting only when twice as many have come makes it cheap for each. */
	if (selection->newest && selection->count >= 2 * selection->newest) {
		keep_newest(selection);
		return 0;
	}
	size_t room = selection->room ? 2 * selection->room : 64;
	if (selection->newest && room > 2 * selection->newest)
		room = 2 * selection->newest;
	struct selected *more = realloc(selection->at, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	selection->at = more;
	selection->room = room;
	return 0;
}

static int add(struct selection *selection, const struct selected *selected)
{
	selection->too_many = (!selection->newest && selection->count == selection->most) ||
			      selection->text_size > selection->text_max;
	if (selection->too_many)
		return -E2BIG;
	int error = make_room(selection);
	if (!error)
		selection->at[selection->count++] = *selected;
	return error;
}

static int add_profile(void *context, const struct store_profile *profile)
{
	struct selection *selection = context;
	struct selected selected = {.time_ns = profile->time_ns};
	if (profile->time_ns < selection->oldest_ns)
		return 0; /* so many newer ones are there already */
	memcpy(selected.id, profile->id, sizeof selected.id);
	if (!take_text(selection, &selected, profile))
		return -ENOMEM;
	int error = add(selection, &selected);
	if (error)
		drop_text(selection, &selected);
	return error;
}

static int add_record(void *context, const struct store_record *record)
{
	struct selection *selection = context;
	struct selected selected = {
		.time_ns = record->time_ns, .sequence = record->sequence, .is_sum = record->is_sum};
	memcpy(selected.id, record->id, sizeof selected.id);
	selection->has_sums |= record->is_sum;
	selection->profiles += record->profiles;
	return add(selection, &selected);
}

int selection_find(struct selection *selection, struct store *store,
		   const struct store_query *query)
{
	selection->oldest_ns = INT64_MIN;
	int error = store->engine->find(store, query, add_profile, selection);
	if (!error)
		keep_newest(selection);
	selection->profiles = selection->count;
	return error;
}

int selection_cover(struct selection *selection, struct store *store,
		    const struct store_query *query)
{
	selection->oldest_ns = INT64_MIN;
	selection->query = query;
	int error = store->engine->cover(store, query, add_record, selection);
	if (!error)
		keep_newest(selection);
	return error;
}

void selection_clear(struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		free(selection->at[i].text);
	free(selection->at);
	selection->at = NULL;
	selection->count = selection->room = 0;
}
