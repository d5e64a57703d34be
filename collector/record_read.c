/* SPDX-License-Identifier: Apache-2.0 */
/* record_read.c -- a sheet as few bytes: reading, from whoever wrote them.
 *
 * Whatever is counted takes at least a byte for each, so that no count can ask for more memory than
 * a multiple of the bytes that are there.
 */
#include "collector/record.h"

#include "collector/record_format.h"
#include "collector/wire.h"

#include <errno.h>
#include <stdio.h>

/* The state of one reading. The first complaint is the one that is told. */
struct reader {
	struct sheet *sheet;
	struct arena *arena;
	const struct dictionary *dictionary;
	struct wire wire;
	char *text;
	int error;
};

static bool complain(struct reader *r, int error, const char *why)
{
	if (!r->error) {
		r->error = error;
		snprintf(r->text, RECORD_ERROR_SIZE, "%s", why);
	}
	return false;
}

static bool cut(struct reader *r)
{
	return complain(r, -EBADMSG, "a record is cut off or malformed");
}

static void *take(struct reader *r, size_t count, size_t size)
{
	void *taken = arena_take_raw(r->arena, count, size);
	if (!taken && r->arena->is_full)
		complain(r, -EFBIG, "a record needs more memory than it may have");
	else if (!taken)
		complain(r, -ENOMEM, "out of memory");
	return taken;
}

static bool read_signed(struct reader *r, int64_t *to)
{
	uint64_t value;
	if (!wire_varint(&r->wire, &value))
		return cut(r);
	*to = wire_unzigzag(value);
	return true;
}

/* How many of something follow, each of which has at least each bytes. */
static bool read_count(struct reader *r, uint32_t *to, size_t each)
{
	uint64_t value;
	if (!wire_varint(&r->wire, &value) || value > UINT32_MAX ||
	    value > (uint64_t)(r->wire.end - r->wire.at) / (each ? each : 1))
		return cut(r);
	*to = (uint32_t)value;
	return true;
}

static bool check_row(struct reader *r, enum dictionary_kind kind, uint64_t row)
{
	return row < dictionary_count(r->dictionary, kind) ||
	       complain(r, -EBADMSG, "a record refers to what is not in its dictionary");
}

static bool read_row(struct reader *r, enum dictionary_kind kind, uint32_t *to)
{
	uint64_t value;
	if (!wire_varint(&r->wire, &value))
		return cut(r);
	*to = (uint32_t)value;
	return check_row(r, kind, value);
}

static bool read_type(struct reader *r, struct sheet_type *type)
{
	return read_row(r, DICTIONARY_TEXTS, &type->type) &&
	       read_row(r, DICTIONARY_TEXTS, &type->unit);
}

static bool read_types(struct reader *r)
{
	struct sheet *s = r->sheet;
	if (!read_count(r, &s->type_count, 2) ||
	    !(s->types = take(r, s->type_count, sizeof(*s->types))))
		return false;
	for (uint32_t i = 0; i < s->type_count; i++)
		if (!read_type(r, &s->types[i]))
			return false;
	return read_type(r, &s->period_type);
}

static bool read_comments(struct reader *r)
{
	struct sheet *s = r->sheet;
	if (!read_count(r, &s->comment_count, 1) ||
	    !(s->comments = take(r, s->comment_count, sizeof(*s->comments))))
		return false;
	for (uint32_t i = 0; i < s->comment_count; i++) {
		struct wire body;
		uint32_t size;
		if (!read_count(r, &size, 1) || !wire_bytes(&r->wire, size, &body))
			return cut(r);
		s->comments[i] = (struct view_text){body.at, size};
	}
	return true;
}

static bool read_head(struct reader *r)
{
	struct sheet *s = r->sheet;
	return read_types(r) && read_row(r, DICTIONARY_TEXTS, &s->drop_frames) &&
	       read_row(r, DICTIONARY_TEXTS, &s->keep_frames) &&
	       read_row(r, DICTIONARY_TEXTS, &s->default_type) &&
	       read_row(r, DICTIONARY_TEXTS, &s->doc_url) && read_signed(r, &s->time_ns) &&
	       read_signed(r, &s->duration_ns) && read_signed(r, &s->period) && read_comments(r);
}

static bool read_base(struct reader *r, struct sheet_base *base, uint64_t last)
{
	uint64_t value;
	if (!read_row(r, DICTIONARY_MAPPINGS, &base->mapping))
		return false;
	if (!base->mapping || !wire_varint(&r->wire, &value))
		return cut(r);
	value = record_rotate(value, 64 - RECORD_PAGE_BITS);
	base->start = last + (uint64_t)wire_unzigzag(value);
	return true;
}

static bool read_bases(struct reader *r, uint64_t *flags)
{
	struct sheet *s = r->sheet;
	uint64_t last = 0;
	if (!read_count(r, &s->base_count, 1) || !wire_varint(&r->wire, flags) ||
	    *flags > RECORD_FLAGS)
		return cut(r);
	s->is_main_idle = *flags & RECORD_MAIN_IDLE;
	s->bases = take(r, s->base_count, sizeof(*s->bases));
	for (uint32_t i = 0; s->bases && i < s->base_count; i++) {
		if (!read_base(r, &s->bases[i], last))
			return false;
		last = s->bases[i].start;
	}
	return s->bases != NULL;
}

static struct sheet_order *read_orders(struct reader *r, uint32_t count, struct sheet_order *last)
{
	struct sheet_order *orders = take(r, count, sizeof(*orders));
	for (uint32_t i = 0; orders && i < count; i++) {
		int64_t time, sequence;
		uint64_t place;
		if (!read_signed(r, &time) || !read_signed(r, &sequence))
			return NULL;
		if (!wire_varint(&r->wire, &place) || place > UINT32_MAX) {
			cut(r);
			return NULL;
		}
		last->time_ns = (int64_t)((uint64_t)last->time_ns + (uint64_t)time);
		last->sequence += (uint64_t)sequence;
		last->place = (uint32_t)place;
		orders[i] = *last;
	}
	return orders;
}

/* What a sum has beside a single profile's. */
static bool read_sum(struct reader *r, uint64_t flags)
{
	struct sheet *s = r->sheet;
	struct sheet_order last = {.time_ns = s->time_ns};
	if (!(flags & RECORD_SUM))
		return true;
	return (s->comment_orders = read_orders(r, s->comment_count, &last)) &&
	       (s->base_orders = read_orders(r, s->base_count, &last));
}

/* A column of row numbers as differences; its elements are a row apart. What is left to read is
 * held by the loop, for this is what takes the time. */
static bool read_column(struct reader *r, enum dictionary_kind kind, uint32_t *to)
{
	const uint32_t step = sizeof(struct sheet_row) / sizeof(*to);
	uint32_t count = dictionary_count(r->dictionary, kind);
	struct wire wire = r->wire;
	uint64_t change, value = 0;
	for (uint32_t i = 0; i < r->sheet->row_count; i++, to += step) {
		if (!wire_varint(&wire, &change))
			return cut(r);
		value += (uint64_t)wire_unzigzag(change);
		if (value >= count)
			return check_row(r, kind, value);
		*to = (uint32_t)value;
	}
	r->wire = wire;
	return true;
}

static bool read_rows(struct reader *r)
{
	struct sheet *s = r->sheet;
	/* Two columns of rows, and one for each type. */
	if (!read_count(r, &s->row_count, 2 + (size_t)s->type_count))
		return false;
	if (s->row_count && !s->type_count)
		return cut(r);
	s->rows = take(r, s->row_count, sizeof(*s->rows));
	s->values = take(r, (size_t)s->row_count * s->type_count, sizeof(*s->values));
	return s->rows && s->values && read_column(r, DICTIONARY_STACKS, &s->rows->stack) &&
	       read_column(r, DICTIONARY_LABELS, &s->rows->labels);
}

/* Reads the quotients of a column; the factors wait until nobody is predicted by them any more. */
static bool read_quotients(struct reader *r, uint32_t column, uint64_t *factor)
{
	struct sheet *s = r->sheet;
	uint64_t predictor, value;
	if (!wire_varint(&r->wire, factor) || !wire_varint(&r->wire, &predictor) ||
	    predictor > column)
		return cut(r);
	int64_t *to = s->values + column;
	struct wire wire = r->wire;
	for (uint32_t i = 0; i < s->row_count; i++, to += s->type_count) {
		if (!wire_varint(&wire, &value))
			return cut(r);
		uint64_t base = predictor ? (uint64_t)to[-(ptrdiff_t)predictor] : 0;
		*to = (int64_t)((uint64_t)wire_unzigzag(value) + base);
	}
	r->wire = wire;
	return true;
}

static bool read_values(struct reader *r)
{
	struct sheet *s = r->sheet;
	uint64_t *factors = take(r, s->type_count, sizeof(*factors));
	if (!factors)
		return false;
	for (uint32_t k = 0; k < s->type_count; k++)
		if (!read_quotients(r, k, &factors[k]))
			return false;
	int64_t *value = s->values;
	for (uint32_t i = 0; i < s->row_count; i++)
		for (uint32_t k = 0; k < s->type_count; k++, value++)
			*value = (int64_t)((uint64_t)*value * factors[k]);
	return true;
}

static bool open_body(struct reader *r, const struct record_input *in)
{
	const uint8_t *at = in->bytes;
	if (in->size < 2 || at[0] != RECORD_VERSION || at[1] > RECORD_ZSTD)
		return complain(r, -EBADMSG, "not a record of a version that is known");
	r->wire = (struct wire){at + 2, at + in->size};
	if (at[1] == RECORD_PLAIN)
		return true;
	const uint8_t *body;
	size_t size;
	int error = inflate_format(at + 2, in->size - 2) == INFLATE_ZSTD
			    ? inflate_open(in->inflate, at + 2, in->size - 2, &body, &size)
			    : -EBADMSG;
	if (error)
		return complain(r, error, "a record cannot be decompressed");
	r->wire = (struct wire){body, body + size};
	return true;
}

int record_decode(struct sheet *s, struct arena *arena, const struct record_input *in,
		  char error[RECORD_ERROR_SIZE])
{
	struct reader reader = {
		.sheet = s, .arena = arena, .dictionary = in->dictionary, .text = error};
	struct reader *r = &reader;
	uint64_t flags = 0;
	*s = (struct sheet){0};
	if (open_body(r, in) && read_head(r) && read_bases(r, &flags) && read_sum(r, flags) &&
	    read_rows(r) && read_values(r) && r->wire.at != r->wire.end)
		cut(r);
	return r->error;
}
