/* SPDX-License-Identifier: Apache-2.0 */
/* rollup.c -- many records of one dictionary become one. */
#include "collector/rollup.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum {
	MEMORY = 64 << 20,
	ARENA_MAX = 64 << 20,
};

int rollup_open(struct rollup *r, const struct dictionary *d, uint64_t seed)
{
	*r = (struct rollup){.budget.left = MEMORY, .arena.max = ARENA_MAX};
	r->inflate = inflate_create(RECORD_BODY_MAX, UINT_MAX);
	return r->inflate && tally_open(&r->tally, d, &r->budget, seed) ? 0 : -ENOMEM;
}

void rollup_close(struct rollup *r)
{
	tally_close(&r->tally);
	inflate_destroy(r->inflate);
	arena_free(&r->arena);
	*r = (struct rollup){0};
}

static bool has_bases(const struct tally *t)
{
	return t->base_count || t->main.base.mapping;
}

int rollup_add(struct rollup *r, const void *bytes, size_t size, const struct sheet_order *order)
{
	const struct record_input input = {bytes, size, r->tally.dictionary, r->inflate};
	char record_error[RECORD_ERROR_SIZE], tally_error[TALLY_ERROR_SIZE];
	struct sheet sheet;
	arena_clear(&r->arena);
	int error = record_decode(&sheet, &r->arena, &input, record_error);
	sheet.order = *order;
	if (!error)
		error = tally_add(&r->tally, &sheet, tally_error);
	if (r->tally.sheet_count == 1) {
		r->default_type = r->tally.default_type;
		r->doc_url = r->tally.doc_url;
		r->has_base = has_bases(&r->tally);
	}
	return error;
}

/* What counts by who is the first to tell it is told by the first one of the sum, which stands
 * where the sum will, or by none; but for what has an order of its own. */
static bool is_exact(const struct rollup *r)
{
	const struct tally *t = &r->tally;
	return !t->is_odd && t->default_type == r->default_type && t->doc_url == r->doc_url &&
	       has_bases(t) == r->has_base;
}

/* ---- a tally becomes a sheet --------------------------------------------------------------- */

struct comment {
	struct sheet_order order;
	uint32_t text;
};

static int by_order(const void *a, const void *b)
{
	const struct comment *one = a, *two = b;
	return sheet_compare(&one->order, &two->order);
}

static bool take_comments(struct sheet *s, struct arena *arena, const struct tally *t)
{
	uint32_t count = dictionary_count(t->comments, DICTIONARY_TEXTS);
	struct comment *comments = arena_take(arena, count, sizeof(*comments));
	s->comments = arena_take(arena, count, sizeof(*s->comments));
	s->comment_orders = arena_take(arena, count, sizeof(*s->comment_orders));
	if (!comments || !s->comments || !s->comment_orders)
		return false;
	for (uint32_t i = t->has_empty_comment ? 0 : 1; i < count; i++)
		comments[s->comment_count++] = (struct comment){t->comment_orders[i], i};
	qsort(comments, s->comment_count, sizeof(*comments), by_order);
	for (uint32_t i = 0; i < s->comment_count; i++) {
		const struct dictionary_text *text =
			dictionary_text_at(t->comments, comments[i].text);
		s->comments[i] = (struct view_text){text->bytes, (uint32_t)text->size};
		s->comment_orders[i] = comments[i].order;
	}
	return true;
}

static void put_base(struct sheet *s, const struct tally_base *base)
{
	s->bases[s->base_count] = base->base;
	s->base_orders[s->base_count++] = base->order;
}

static bool take_bases(struct sheet *s, struct arena *arena, const struct tally *t)
{
	size_t most = (size_t)t->base_count + 1;
	s->bases = arena_take(arena, most, sizeof(*s->bases));
	s->base_orders = arena_take(arena, most, sizeof(*s->base_orders));
	if (!s->bases || !s->base_orders)
		return false;
	s->is_main_idle = t->main.base.mapping != 0;
	if (s->is_main_idle)
		put_base(s, &t->main);
	for (uint32_t i = 0; i < t->base_count; i++)
		put_base(s, &t->bases[i]);
	return true;
}

static bool is_zero(const int64_t *values, uint32_t count)
{
	int64_t any = 0;
	for (uint32_t i = 0; i < count; i++)
		any |= values[i];
	return !any;
}

static bool take_rows(struct sheet *s, struct arena *arena, const struct tally *t)
{
	uint32_t count = table_count(&t->rows), types = t->type_count;
	s->rows = arena_take_raw(arena, count, sizeof(*s->rows));
	s->values = arena_take_raw(arena, (size_t)count * types, sizeof(*s->values));
	if (!s->rows || !s->values)
		return false;
	for (uint32_t i = 1; i < count; i++) {
		const struct sheet_row *row = table_at(&t->rows, i);
		const int64_t *values = t->values + (size_t)i * types;
		if (is_zero(values, types))
			continue;
		int64_t *to = s->values + (size_t)s->row_count * types;
		for (uint32_t k = 0; k < types; k++)
			to[k] = values[k];
		s->rows[s->row_count++] = (struct sheet_row){row->stack, row->labels - 1};
	}
	return true;
}

/* Their times are all set and their periods not negative, so that the order does not matter. */
static void take_times(struct sheet *s, const struct tally *t)
{
	s->duration_ns = t->duration_ns;
	s->time_ns = t->times[0].time_ns;
	for (uint32_t i = 0; i < t->sheet_count; i++) {
		if (t->times[i].time_ns < s->time_ns)
			s->time_ns = t->times[i].time_ns;
		if (t->times[i].period > s->period)
			s->period = t->times[i].period;
	}
}

int rollup_encode(struct rollup *r, struct bytes *bytes)
{
	const struct tally *t = &r->tally;
	if (!t->sheet_count || !is_exact(r))
		return -EINVAL;
	struct sheet sheet = {.type_count = t->type_count,
			      .types = t->types,
			      .period_type = t->period_type,
			      .drop_frames = t->drop_frames,
			      .keep_frames = t->keep_frames,
			      .default_type = t->default_type,
			      .doc_url = t->doc_url};
	arena_clear(&r->arena);
	take_times(&sheet, t);
	if (take_comments(&sheet, &r->arena, t) && take_bases(&sheet, &r->arena, t) &&
	    take_rows(&sheet, &r->arena, t))
		return record_encode(&sheet, bytes, NULL);
	return r->arena.is_full ? -EFBIG : -ENOMEM;
}
