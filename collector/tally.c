/* SPDX-License-Identifier: Apache-2.0 */
/* tally.c -- the sum of sheets that are all of one dictionary, for one thread. */
#include "collector/tally.h"

#include "collector/array.h"
#include "collector/types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	COMMENTS_MAX = 8 << 20, /* bytes of memory for all that differ */
};

bool tally_open(struct tally *t, const struct dictionary *d, struct table_budget *budget,
		uint64_t seed)
{
	*t = (struct tally){.dictionary = d, .budget = budget};
	t->comments = dictionary_create(COMMENTS_MAX, seed);
	if (t->comments && table_open(&t->rows, sizeof(struct sheet_row), seed, budget))
		return true;
	tally_close(t);
	return false;
}

void tally_close(struct tally *t)
{
	table_close(&t->rows);
	dictionary_destroy(t->comments);
	free(t->values);
	free(t->row_of_stack);
	free(t->types);
	free(t->times);
	free(t->comment_orders);
	free(t->bases);
	free(t->base_of_mapping);
	*t = (struct tally){0};
}

#define GROW(t, array, max, count) \
	array_grow((t)->budget, (void **)&(t)->array, &(t)->max, count, sizeof(*(t)->array))

/* Room for the values of one more row; before the row, so that each has some. */
static bool grow_values(struct tally *t)
{
	size_t row = (t->type_count ? t->type_count : 1) * sizeof(*t->values);
	return array_grow(t->budget, (void **)&t->values, &t->value_max,
			  (size_t)table_count(&t->rows) + 1, row);
}

/* The dictionary may have grown since the sheet before. */
static bool grow_maps(struct tally *t)
{
	return GROW(t, row_of_stack, stack_max,
		    dictionary_count(t->dictionary, DICTIONARY_STACKS)) &&
	       GROW(t, base_of_mapping, mapping_max,
		    dictionary_count(t->dictionary, DICTIONARY_MAPPINGS));
}

/* Mostly the row that the stack had the last time. */
static uint32_t find_row(struct tally *t, const struct sheet_row *row)
{
	uint32_t *last = &t->row_of_stack[row->stack];
	const struct sheet_row *known = table_at(&t->rows, *last);
	if (known->labels == row->labels + 1)
		return *last;
	if (!grow_values(t))
		return TABLE_NONE;
	uint32_t found = table_add(&t->rows, &(struct sheet_row){row->stack, row->labels + 1});
	if (found != TABLE_NONE)
		*last = found;
	return found;
}

static bool add_rows(struct tally *t, const struct sheet *s)
{
	const int64_t *from = s->values;
	for (uint32_t i = 0; i < s->row_count; i++) {
		uint32_t row = find_row(t, &s->rows[i]);
		if (row == TABLE_NONE)
			return false;
		uint64_t *to = (uint64_t *)t->values + (size_t)row * t->type_count;
		for (uint32_t k = 0; k < t->type_count; k++)
			to[k] += (uint64_t)*from++; /* wraps, as google/pprof's does */
	}
	return true;
}

static struct sheet_order order_of(const struct sheet *s, const struct sheet_order *orders,
				   uint32_t place)
{
	struct sheet_order order = s->order;
	order.place = place;
	return orders ? orders[place] : order;
}

/* What is told of a mapping is what the first one tells that uses it. */
static bool add_base(struct tally *t, const struct tally_base *base)
{
	uint32_t *known = &t->base_of_mapping[base->base.mapping];
	if (*known) {
		struct tally_base *first = &t->bases[*known - 1];
		if (sheet_compare(&base->order, &first->order) < 0)
			*first = *base;
		return true;
	}
	if (!GROW(t, bases, base_max, (size_t)t->base_count + 1))
		return false;
	t->bases[t->base_count++] = *base;
	*known = t->base_count;
	return true;
}

/* google/pprof takes the first mapping of all for the main binary's, even when nothing is in it;
 * any later one only when something is. */
static bool add_bases(struct tally *t, const struct sheet *s)
{
	bool is_idle = s->base_count && s->is_main_idle;
	if (is_idle && !t->base_count && !t->main.base.mapping)
		t->main = (struct tally_base){s->bases[0], order_of(s, s->base_orders, 0)};
	for (uint32_t i = is_idle; i < s->base_count; i++) {
		struct tally_base base = {s->bases[i], order_of(s, s->base_orders, i)};
		if (!add_base(t, &base))
			return false;
	}
	return true;
}

static bool begin(struct tally *t, const struct sheet *s)
{
	t->types = calloc(s->type_count + 1, sizeof(*t->types));
	if (!t->types)
		return false;
	for (; t->type_count < s->type_count; t->type_count++)
		t->types[t->type_count] = s->types[t->type_count];
	t->period_type = s->period_type;
	t->drop_frames = s->drop_frames;
	t->keep_frames = s->keep_frames;
	return true;
}

static bool add_comment(struct tally *t, const struct view_text *comment,
			const struct sheet_order *order)
{
	uint32_t known = dictionary_count(t->comments, DICTIONARY_TEXTS);
	/* First its order: what the dictionary has, has one. */
	if (!GROW(t, comment_orders, comment_max, known + 1ULL))
		return false;
	uint32_t text = dictionary_text(t->comments, comment->bytes, comment->size);
	if (text == DICTIONARY_NONE)
		return false;
	bool is_new = text ? text >= known : !t->has_empty_comment;
	if (is_new || sheet_compare(order, &t->comment_orders[text]) < 0)
		t->comment_orders[text] = *order;
	t->has_empty_comment |= !text;
	return true;
}

static bool add_head(struct tally *t, const struct sheet *s)
{
	if (!GROW(t, times, time_max, (size_t)t->sheet_count + 1))
		return false;
	t->times[t->sheet_count++] = (struct tally_time){s->time_ns, s->period};
	t->has_sums |= s->base_orders != NULL;
	t->is_odd |= !s->time_ns || s->period < 0;
	t->duration_ns = (int64_t)((uint64_t)t->duration_ns + (uint64_t)s->duration_ns);
	if (!t->default_type)
		t->default_type = s->default_type;
	if (!t->doc_url)
		t->doc_url = s->doc_url;
	for (uint32_t i = 0; i < s->comment_count; i++) {
		struct sheet_order order = order_of(s, s->comment_orders, i);
		if (!add_comment(t, &s->comments[i], &order))
			return false;
	}
	return true;
}

static struct types types_of_tally(const struct tally *t)
{
	return (struct types){t->dictionary, t->types, t->type_count, t->period_type};
}

static struct types types_of_sheet(const struct tally *t, const struct sheet *s)
{
	return (struct types){t->dictionary, s->types, s->type_count, s->period_type};
}

bool tally_agrees(const struct tally *a, const struct tally *b, char error[TALLY_ERROR_SIZE])
{
	struct types x = types_of_tally(a), y = types_of_tally(b);
	return types_agree(&x, &y, error, TALLY_ERROR_SIZE);
}

int tally_add(struct tally *t, const struct sheet *s, char error[TALLY_ERROR_SIZE])
{
	struct types first = types_of_tally(t), next = types_of_sheet(t, s);
	if (t->sheet_count && !types_agree(&first, &next, error, TALLY_ERROR_SIZE))
		return -EINVAL;
	if ((t->sheet_count || begin(t, s)) && grow_maps(t) && add_head(t, s) && add_bases(t, s) &&
	    add_rows(t, s))
		return 0;
	return t->budget->is_full || dictionary_is_full(t->comments) ? -ENOSPC : -ENOMEM;
}
