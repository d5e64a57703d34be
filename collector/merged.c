/* SPDX-License-Identifier: Apache-2.0 */
/* merged.c -- tallies, of whatever dictionaries, become one profile as google/pprof merges it. */
#include "collector/merged.h"

#include "collector/array.h"
#include "collector/merged_map.h"
#include "collector/types.h"

#include <errno.h>
#include <stdlib.h>

#define GROW(m, array, max, count) \
	array_grow(&(m)->budget, (void **)&(m)->array, &(m)->max, count, sizeof(*(m)->array))

struct merged *merged_create(size_t max, uint64_t seed)
{
	struct merged *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->budget.left = max / 2;
	m->dictionary = dictionary_create(max - max / 2, seed);
	if (m->dictionary && table_open(&m->rows, sizeof(struct sheet_row), seed, &m->budget))
		return m;
	merged_destroy(m);
	return NULL;
}

void merged_destroy(struct merged *m)
{
	if (!m)
		return;
	merged_map_destroy(m->map);
	dictionary_destroy(m->dictionary);
	table_close(&m->rows);
	free(m->mappings);
	free(m->types);
	free(m->comments);
	free(m->comment_of_text);
	free(m->values);
	free(m);
}

bool merged_is_zero(const struct merged *m, uint32_t row)
{
	const int64_t *values = m->values + (size_t)row * m->type_count;
	int64_t any = 0;
	for (uint32_t i = 0; i < m->type_count; i++)
		any |= values[i];
	return !any;
}

/* In the order of the profiles, of which a later one without a time or a period can undo what the
 * earlier ones said. google/pprof has it so. */
static void add_times(struct merged *m, const struct tally *t)
{
	for (uint32_t i = 0; i < t->sheet_count; i++) {
		const struct tally_time *next = &t->times[i];
		if (!m->time_ns || next->time_ns < m->time_ns)
			m->time_ns = next->time_ns;
		if (!m->period || m->period < next->period)
			m->period = next->period;
	}
	m->duration_ns = (int64_t)((uint64_t)m->duration_ns + (uint64_t)t->duration_ns);
}

static bool map_type(struct merged *m, struct sheet_type *to, const struct sheet_type *from)
{
	*to = (struct sheet_type){merged_map_text(m->map, from->type),
				  merged_map_text(m->map, from->unit)};
	return to->type != DICTIONARY_NONE && to->unit != DICTIONARY_NONE;
}

static bool begin(struct merged *m, const struct tally *t)
{
	m->types = calloc(t->type_count + 1, sizeof(*m->types));
	if (!m->types)
		return false;
	m->type_count = t->type_count;
	for (uint32_t i = 0; i < t->type_count; i++)
		if (!map_type(m, &m->types[i], &t->types[i]))
			return false;
	m->drop_frames = merged_map_text(m->map, t->drop_frames);
	m->keep_frames = merged_map_text(m->map, t->keep_frames);
	return map_type(m, &m->period_type, &t->period_type) && m->drop_frames != DICTIONARY_NONE &&
	       m->keep_frames != DICTIONARY_NONE;
}

static bool add_comment(struct merged *m, const struct dictionary_text *comment,
			const struct sheet_order *order)
{
	uint32_t text = dictionary_text(m->dictionary, comment->bytes, comment->size);
	if (text == DICTIONARY_NONE || !GROW(m, comment_of_text, text_max, text + 1ULL))
		return false;
	uint32_t known = m->comment_of_text[text];
	if (!known) {
		if (!GROW(m, comments, comment_max, m->comment_count + 1ULL))
			return false;
		m->comments[m->comment_count++] = (struct merged_comment){text, *order};
		m->comment_of_text[text] = m->comment_count;
	} else if (sheet_compare(order, &m->comments[known - 1].order) < 0) {
		m->comments[known - 1].order = *order;
	}
	return true;
}

static int by_order(const void *a, const void *b)
{
	const struct merged_comment *one = a, *two = b;
	return sheet_compare(&one->order, &two->order);
}

static void sort_comments(struct merged *m)
{
	if (m->comment_count)
		qsort(m->comments, m->comment_count, sizeof(*m->comments), by_order);
	for (uint32_t i = 0; i < m->comment_count; i++)
		m->comment_of_text[m->comments[i].text] = i + 1;
}

static bool add_comments(struct merged *m, const struct tally *t)
{
	uint32_t count = dictionary_count(t->comments, DICTIONARY_TEXTS);
	for (uint32_t i = t->has_empty_comment ? 0 : 1; i < count; i++)
		if (!add_comment(m, dictionary_text_at(t->comments, i), &t->comment_orders[i]))
			return false;
	sort_comments(m);
	return true;
}

static bool add_head(struct merged *m, const struct tally *t)
{
	if (!m->tally_count++ && !begin(m, t))
		return false;
	add_times(m, t);
	m->has_sums |= t->has_sums;
	m->is_odd |= t->is_odd;
	if (!m->default_type)
		m->default_type = merged_map_text(m->map, t->default_type);
	if (!m->doc_url)
		m->doc_url = merged_map_text(m->map, t->doc_url);
	return m->default_type != DICTIONARY_NONE && m->doc_url != DICTIONARY_NONE &&
	       add_comments(m, t);
}

static bool add_bases(struct merged *m, const struct tally *t)
{
	bool is_first = dictionary_count(m->dictionary, DICTIONARY_MAPPINGS) == 1;
	if (is_first && t->main.base.mapping && !merged_map_base(m->map, &t->main))
		return false;
	for (uint32_t i = 0; i < t->base_count; i++)
		if (!merged_map_base(m->map, &t->bases[i]))
			return false;
	return true;
}

/* The row of a stack with labels in merged; TABLE_NONE beyond the budget. */
static uint32_t find_row(struct merged *m, const struct sheet_row *from)
{
	struct sheet_row row = {merged_map_stack(m->map, from->stack),
				merged_map_labels(m->map, from->labels - 1)};
	if (row.stack == DICTIONARY_NONE || row.labels == DICTIONARY_NONE)
		return TABLE_NONE;
	row.labels++;
	uint32_t found = table_add(&m->rows, &row);
	size_t size = (m->type_count ? m->type_count : 1) * sizeof(*m->values);
	if (found == TABLE_NONE ||
	    !array_grow(&m->budget, (void **)&m->values, &m->value_max, found + 1ULL, size))
		return TABLE_NONE;
	return found;
}

static bool add_rows(struct merged *m, const struct tally *t)
{
	uint32_t count = table_count(&t->rows);
	for (uint32_t i = 1; i < count; i++) {
		uint32_t row = find_row(m, table_at(&t->rows, i));
		if (row == TABLE_NONE)
			return false;
		uint64_t *to = (uint64_t *)m->values + (size_t)row * m->type_count;
		const int64_t *from = t->values + (size_t)i * m->type_count;
		for (uint32_t k = 0; k < m->type_count; k++)
			to[k] += (uint64_t)from[k];
	}
	return true;
}

static bool agrees(const struct merged *m, const struct tally *t, char error[TALLY_ERROR_SIZE])
{
	struct types first = {m->dictionary, m->types, m->type_count, m->period_type};
	struct types next = {t->dictionary, t->types, t->type_count, t->period_type};
	return types_agree(&first, &next, error, TALLY_ERROR_SIZE);
}

static bool open_map(struct merged *m, const struct dictionary *from)
{
	if (m->map && merged_map_covers(m->map, from))
		return true;
	merged_map_destroy(m->map);
	m->map = merged_map_create(m, from);
	return m->map != NULL;
}

int merged_add(struct merged *m, const struct tally *t, char error[TALLY_ERROR_SIZE])
{
	if (!t->sheet_count)
		return 0;
	if (m->tally_count && !agrees(m, t, error))
		return -EINVAL;
	if (open_map(m, t->dictionary) && add_head(m, t) && add_bases(m, t) && add_rows(m, t))
		return 0;
	return m->budget.is_full || dictionary_is_full(m->dictionary) ? -ENOSPC : -ENOMEM;
}
