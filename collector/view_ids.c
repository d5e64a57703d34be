/* SPDX-License-Identifier: Apache-2.0 */
/* view_ids.c -- ids become row numbers. Most profiles count from 1; any other ids are sorted. */
#include "collector/view_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Rows of all three tables begin with their id. */
_Static_assert(offsetof(struct view_mapping, id) == 0, "an id comes first");
_Static_assert(offsetof(struct view_function, id) == 0, "an id comes first");
_Static_assert(offsetof(struct view_location, id) == 0, "an id comes first");

struct table {
	const char *what;
	const void *rows;
	size_t row_size;
};

static uint64_t id_at(const struct table *t, uint32_t row)
{
	return *(const uint64_t *)(const void *)((const char *)t->rows + row * t->row_size);
}

static bool is_dense(const struct table *t, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (id_at(t, i) != (uint64_t)i + 1)
			return false;
	return true;
}

static int id_order(const void *a, const void *b)
{
	uint64_t x = ((const struct view_id *)a)->id, y = ((const struct view_id *)b)->id;
	return (x > y) - (x < y);
}

static bool take_ids(struct view_reader *r, struct view_ids *ids, const struct table *t,
		     uint32_t count)
{
	*ids = (struct view_ids){.count = count};
	if (is_dense(t, count))
		return true;
	ids->sorted = view_take(r, count, sizeof(*ids->sorted));
	if (!ids->sorted)
		return false;
	for (uint32_t i = 0; i < count; i++)
		ids->sorted[i] = (struct view_id){id_at(t, i), i};
	qsort(ids->sorted, count, sizeof(*ids->sorted), id_order);
	if (!ids->sorted[0].id)
		return view_complain(r, -EBADMSG, "a %s has the id 0", t->what);
	for (uint32_t i = 1; i < count; i++)
		if (ids->sorted[i].id == ids->sorted[i - 1].id)
			return view_complain(r, -EBADMSG, "two %ss have the id %" PRIu64, t->what,
					     ids->sorted[i].id);
	return true;
}

bool view_ids_take(struct view_reader *r)
{
	const struct view *v = r->view;
	struct table mappings = {"mapping", v->mappings, sizeof(*v->mappings)};
	struct table functions = {"function", v->functions, sizeof(*v->functions)};
	return take_ids(r, &r->mappings, &mappings, v->count.mappings) &&
	       take_ids(r, &r->functions, &functions, v->count.functions);
}

bool view_ids_take_locations(struct view_reader *r)
{
	const struct view *v = r->view;
	struct table locations = {"location", v->locations, sizeof(*v->locations)};
	return take_ids(r, &r->locations, &locations, v->count.locations);
}

uint32_t view_ids_find(const struct view_ids *ids, uint64_t id)
{
	if (!ids->sorted)
		return id - 1 < ids->count ? (uint32_t)(id - 1) : VIEW_NONE;
	struct view_id key = {.id = id};
	const struct view_id *found =
		bsearch(&key, ids->sorted, ids->count, sizeof(*ids->sorted), id_order);
	return found ? found->row : VIEW_NONE;
}
