/* SPDX-License-Identifier: Apache-2.0 */
/* merged_pprof.c -- a merged profile as pprof: only what its samples use, in the order of its use,
 * as google/pprof leaves it. */
#include "collector/bytes.h"
#include "collector/merged.h"
#include "collector/pprof_fields.h"

#include <errno.h>
#include <stdlib.h>

/* Rows get their numbers in the pprof, from 1, as they are used; row 0 is 0. */
struct used {
	uint32_t *numbers; /* by row; 0: not used yet */
	uint32_t *rows;	   /* in the order of their use */
	uint32_t count;
};

struct writer {
	const struct merged *merged;
	const struct dictionary *dictionary;
	struct used texts, mappings, locations, functions;
	struct bytes out, body, part; /* the pprof, the message in hand, a message within that */
};

static bool used_open(struct used *u, const struct dictionary *d, enum dictionary_kind kind)
{
	uint32_t count = dictionary_count(d, kind);
	u->numbers = calloc(count, sizeof(*u->numbers));
	u->rows = calloc(count, sizeof(*u->rows));
	return u->numbers && u->rows;
}

static void used_close(struct used *u)
{
	free(u->numbers);
	free(u->rows);
}

/* The number of a row; *is_new tells whether this is its first use. */
static uint32_t use(struct used *u, uint32_t row, bool *is_new)
{
	*is_new = row && !u->numbers[row];
	if (*is_new) {
		u->rows[u->count++] = row;
		u->numbers[row] = u->count;
	}
	return u->numbers[row];
}

static uint32_t use_text(struct writer *w, uint32_t text)
{
	bool is_new;
	return use(&w->texts, text, &is_new);
}

static uint32_t use_mapping(struct writer *w, uint32_t mapping)
{
	bool is_new;
	return use(&w->mappings, mapping, &is_new);
}

static uint32_t use_location(struct writer *w, uint32_t location)
{
	bool is_new, ignored;
	uint32_t number = use(&w->locations, location, &is_new);
	if (!is_new)
		return number;
	const struct dictionary_location *l = dictionary_location_at(w->dictionary, location);
	use_mapping(w, l->mapping);
	for (uint32_t at = l->lines; at;) {
		const struct dictionary_line *line = dictionary_line_at(w->dictionary, at);
		use(&w->functions, line->function, &ignored);
		at = line->rest;
	}
	return number;
}

/* What has been written to from becomes a field of to. */
static void put_message(struct bytes *to, unsigned field, struct bytes *from)
{
	if (from->error && !to->error)
		to->error = from->error;
	bytes_field(to, field, from->at, from->size);
	bytes_clear(from);
}

static void put_type(struct writer *w, unsigned field, const struct sheet_type *type)
{
	bytes_number(&w->body, 1, use_text(w, type->type));
	bytes_number(&w->body, 2, use_text(w, type->unit));
	put_message(&w->out, field, &w->body);
}

static void put_labels(struct writer *w, uint32_t labels)
{
	while (labels) {
		const struct dictionary_label *label = dictionary_label_at(w->dictionary, labels);
		uint32_t text = use_text(w, label->text);
		bool is_text = label->kind == DICTIONARY_LABEL_TEXT;
		bytes_number(&w->part, 1, use_text(w, label->key));
		bytes_number(&w->part, 2, is_text ? text : 0);
		bytes_number(&w->part, 3, is_text ? 0 : (uint64_t)label->number);
		bytes_number(&w->part, 4, is_text ? 0 : text);
		put_message(&w->body, 3, &w->part);
		labels = label->rest;
	}
}

static void put_sample(struct writer *w, uint32_t number)
{
	const struct merged *m = w->merged;
	const struct sheet_row *row = table_at(&m->rows, number);
	for (uint32_t at = row->stack; at;) {
		const struct dictionary_stack *stack = dictionary_stack_at(w->dictionary, at);
		bytes_varint(&w->part, use_location(w, stack->location));
		at = stack->caller;
	}
	put_message(&w->body, 1, &w->part);
	for (uint32_t i = 0; i < m->type_count; i++)
		bytes_varint(&w->part, (uint64_t)m->values[(size_t)number * m->type_count + i]);
	put_message(&w->body, 2, &w->part);
	put_labels(w, row->labels - 1);
	put_message(&w->out, PROFILE_SAMPLE, &w->body);
}

static void put_mapping(struct writer *w, uint32_t row)
{
	const struct merged_mapping *m = &w->merged->mappings[row];
	bytes_number(&w->body, 1, w->mappings.numbers[row]);
	bytes_number(&w->body, 2, m->start);
	bytes_number(&w->body, 3, m->start + m->size);
	bytes_number(&w->body, 4, m->offset);
	bytes_number(&w->body, 5, use_text(w, m->filename));
	bytes_number(&w->body, 6, use_text(w, m->build_id));
	for (unsigned i = 0; i < 4; i++)
		bytes_number(&w->body, 7 + i, m->flags >> i & 1);
	put_message(&w->out, PROFILE_MAPPING, &w->body);
}

static void put_location(struct writer *w, uint32_t row)
{
	const struct dictionary_location *l = dictionary_location_at(w->dictionary, row);
	uint64_t start = l->mapping ? w->merged->mappings[l->mapping].start : 0;
	bytes_number(&w->body, 1, w->locations.numbers[row]);
	bytes_number(&w->body, 2, w->mappings.numbers[l->mapping]);
	bytes_number(&w->body, 3, l->address + start);
	for (uint32_t at = l->lines; at;) {
		const struct dictionary_line *line = dictionary_line_at(w->dictionary, at);
		bytes_number(&w->part, 1, w->functions.numbers[line->function]);
		bytes_number(&w->part, 2, (uint64_t)line->line);
		bytes_number(&w->part, 3, (uint64_t)line->column);
		put_message(&w->body, 4, &w->part);
		at = line->rest;
	}
	bytes_number(&w->body, 5, l->flags & DICTIONARY_IS_FOLDED ? 1 : 0);
	put_message(&w->out, PROFILE_LOCATION, &w->body);
}

static void put_function(struct writer *w, uint32_t row)
{
	const struct dictionary_function *f = dictionary_function_at(w->dictionary, row);
	bytes_number(&w->body, 1, w->functions.numbers[row]);
	bytes_number(&w->body, 2, use_text(w, f->name));
	bytes_number(&w->body, 3, use_text(w, f->system_name));
	bytes_number(&w->body, 4, use_text(w, f->filename));
	bytes_number(&w->body, 5, (uint64_t)f->start_line);
	put_message(&w->out, PROFILE_FUNCTION, &w->body);
}

static void put_head(struct writer *w)
{
	const struct merged *m = w->merged;
	for (uint32_t i = 0; i < m->type_count; i++)
		put_type(w, PROFILE_SAMPLE_TYPE, &m->types[i]);
	bytes_number(&w->out, PROFILE_DROP_FRAMES, use_text(w, m->drop_frames));
	bytes_number(&w->out, PROFILE_KEEP_FRAMES, use_text(w, m->keep_frames));
	bytes_number(&w->out, PROFILE_TIME, (uint64_t)m->time_ns);
	bytes_number(&w->out, PROFILE_DURATION, (uint64_t)m->duration_ns);
	if (m->period_type.type || m->period_type.unit)
		put_type(w, PROFILE_PERIOD_TYPE, &m->period_type);
	bytes_number(&w->out, PROFILE_PERIOD, (uint64_t)m->period);
	for (uint32_t i = 0; i < m->comment_count; i++)
		bytes_varint(&w->part, use_text(w, m->comments[i].text));
	if (m->comment_count)
		put_message(&w->out, PROFILE_COMMENT, &w->part);
	bytes_number(&w->out, PROFILE_DEFAULT_TYPE, use_text(w, m->default_type));
	bytes_number(&w->out, PROFILE_DOC_URL, use_text(w, m->doc_url));
}

static void put_texts(struct writer *w)
{
	bytes_field(&w->out, PROFILE_STRING, NULL, 0);
	for (uint32_t i = 0; i < w->texts.count; i++) {
		const struct dictionary_text *text =
			dictionary_text_at(w->dictionary, w->texts.rows[i]);
		bytes_field(&w->out, PROFILE_STRING, text->bytes, text->size);
	}
}

/* The mapping of the main binary stands first, whether a sample uses it or not. */
static void put_all(struct writer *w)
{
	const struct merged *m = w->merged;
	uint32_t count = table_count(&m->rows);
	put_head(w);
	if (dictionary_count(w->dictionary, DICTIONARY_MAPPINGS) > 1)
		use_mapping(w, 1);
	for (uint32_t i = 1; i < count && !w->out.error; i++)
		if (!merged_is_zero(m, i))
			put_sample(w, i);
	for (uint32_t i = 0; i < w->mappings.count; i++)
		put_mapping(w, w->mappings.rows[i]);
	for (uint32_t i = 0; i < w->locations.count; i++)
		put_location(w, w->locations.rows[i]);
	for (uint32_t i = 0; i < w->functions.count; i++)
		put_function(w, w->functions.rows[i]);
	put_texts(w);
}

int merged_encode(const struct merged *m, size_t max, uint8_t **bytes, size_t *size)
{
	struct writer w = {.merged = m, .dictionary = m->dictionary, .out.max = max};
	if (used_open(&w.texts, m->dictionary, DICTIONARY_TEXTS) &&
	    used_open(&w.mappings, m->dictionary, DICTIONARY_MAPPINGS) &&
	    used_open(&w.locations, m->dictionary, DICTIONARY_LOCATIONS) &&
	    used_open(&w.functions, m->dictionary, DICTIONARY_FUNCTIONS))
		put_all(&w);
	else
		w.out.error = -ENOMEM;
	used_close(&w.texts);
	used_close(&w.mappings);
	used_close(&w.locations);
	used_close(&w.functions);
	bytes_free(&w.body);
	bytes_free(&w.part);
	*bytes = w.out.at;
	*size = w.out.size;
	if (w.out.error)
		free(w.out.at);
	return w.out.error;
}
