/* SPDX-License-Identifier: Apache-2.0 */
/* merge_render.c -- one or two merged profiles become a tree of calls, and that an answer.
 *
 * A half of the memory is for the tree, and as long as that is small a merge may have what it
 * leaves; what was merged takes half of that, and later the answer the other half of all.
 */
#include "collector/merge_render.h"

#include "collector/collector.h"
#include "collector/column.h"
#include "collector/figures.h"
#include "collector/merging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct drawing {
	struct exchange *exchange;
	const struct answer_wish *wish;
	const struct selection *selections[CALLS_SIDES_MAX];
	unsigned sides;
	size_t memory;
	int64_t deadline_ns;
	struct rendering rendering;
	struct text sample_types;
};

/* ---- sides --------------------------------------------------------------------------------- */
/* Each function: whether it goes on; if not, the exchange has been refused. */

static bool refuse(struct drawing *d, int error)
{
	if (error == -ENOSPC)
		exchange_refuse(d->exchange, EXCHANGE_UNPROCESSABLE,
				"the answer needs more memory than it may have (--merge-memory): "
				"choose less time, labels or a limit");
	else
		exchange_fail(d->exchange, error);
	return false;
}

static uint32_t copy_text(struct drawing *d, const struct merged *m, uint32_t text)
{
	const struct dictionary_text *t = dictionary_text_at(m->dictionary, text);
	return dictionary_text(d->rendering.calls->texts, t->bytes, t->size);
}

static bool choose_first(struct drawing *d, const struct merged *m, uint32_t *column)
{
	char why[COLUMN_ERROR_SIZE];
	if (column_find(m, d->wish->sample_type, column, why)) {
		exchange_refuse(d->exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
		return false;
	}
	column_json(&d->sample_types, m);
	d->rendering.type = copy_text(d, m, m->types[*column].type);
	d->rendering.unit = copy_text(d, m, m->types[*column].unit);
	if (d->rendering.type == DICTIONARY_NONE || d->rendering.unit == DICTIONARY_NONE)
		return refuse(d, -ENOSPC);
	return d->sample_types.failed ? refuse(d, -ENOMEM) : true;
}

/* What is compared has to be of the same kind. */
static bool choose_next(struct drawing *d, const struct merged *m, uint32_t *column)
{
	for (*column = 0; *column < m->type_count; ++*column)
		if (copy_text(d, m, m->types[*column].type) == d->rendering.type &&
		    copy_text(d, m, m->types[*column].unit) == d->rendering.unit)
			return true;
	const struct dictionary *texts = d->rendering.calls->texts;
	const struct dictionary_text *type = dictionary_text_at(texts, d->rendering.type);
	const struct dictionary_text *unit = dictionary_text_at(texts, d->rendering.unit);
	exchange_refuse(d->exchange, EXCHANGE_UNPROCESSABLE,
			"cannot compare: the base has no sample type %.*s in %.*s", (int)type->size,
			(const char *)type->bytes, (int)unit->size, (const char *)unit->bytes);
	return false;
}

static bool add_merged(struct drawing *d, unsigned side, const struct merged *m)
{
	uint32_t column;
	if (!(side ? choose_next(d, m, &column) : choose_first(d, m, &column)))
		return false;
	d->rendering.sides[side] =
		(struct rendering_side){d->selections[side]->profiles, m->time_ns, m->duration_ns};
	int error = calls_add(d->rendering.calls, side, m, column);
	return error ? refuse(d, error) : true;
}

static bool add_side(struct drawing *d, unsigned side)
{
	const struct merging merging = {d->exchange, d->selections[side],
					d->memory - calls_memory(d->rendering.calls),
					d->deadline_ns};
	char why[MERGE_ERROR_SIZE] = "no memory";
	struct merged *merged;
	int error = merging_run(&merging, &merged, why);
	if (error) {
		merging_refuse(d->exchange, error, why);
		return false;
	}
	bool is_added = add_merged(d, side, merged);
	merged_destroy(merged);
	return is_added;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool build(struct drawing *d)
{
	struct calls *calls = calls_create(d->memory / 2, d->sides, d->exchange->collector->seed);
	d->rendering.calls = calls;
	if (!calls)
		return refuse(d, -ENOMEM);
	for (unsigned side = 0; side < d->sides; side++)
		if (!add_side(d, side))
			return false;
	calls_sum(calls);
	if (d->wish->is_normalised) {
		calls_scale(calls, 1, calls_values_at(calls, 0)[0].total);
		calls_sum(calls);
	}
	return true;
}

static void send(struct drawing *d)
{
	const struct answer_format *format = d->wish->format;
	struct text text = {.max = d->memory / 2};
	size_t len;
	int error = format->render(&d->rendering, &text);
	if (error) {
		refuse(d, error);
	} else if (text.is_full) {
		exchange_refuse(d->exchange, EXCHANGE_UNPROCESSABLE,
				"the answer is longer than %zu bytes (half of --merge-memory): "
				"choose fewer nodes",
				text.max);
	} else if (text.failed) {
		refuse(d, -ENOMEM);
	} else {
		char *answer = text_take(&text, &len);
		figure_add(format->figure, 1);
		exchange_send(d->exchange, EXCHANGE_OK, format->content_type, answer, len);
	}
	text_clear(&text);
}

static void draw(struct drawing *d)
{
	const struct collector *collector = d->exchange->collector;
	d->memory = (size_t)collector->options->merge_memory;
	d->deadline_ns = merging_deadline(collector);
	d->rendering.most = d->wish->nodes;
	d->rendering.sample_types = &d->sample_types;
	if (build(d))
		send(d);
	calls_destroy(d->rendering.calls);
	text_clear(&d->sample_types);
}

void merge_render(struct exchange *exchange, const struct selection *selection,
		  const struct answer_wish *wish)
{
	struct drawing d = {exchange, wish, {selection}, .sides = 1};
	draw(&d);
}

void merge_render_diff(struct exchange *exchange, const struct selection *selection,
		       const struct selection *base, const struct answer_wish *wish)
{
	struct drawing d = {exchange, wish, {selection, base}, .sides = 2};
	draw(&d);
}
