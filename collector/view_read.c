/* SPDX-License-Identifier: Apache-2.0 */
/* view_read.c -- the walks over a profile's fields.
 *
 * Each message has its own visitor; a field that a visitor does not know is skipped, as any reader
 * of protocol buffers does. Of a field that comes again the last one counts.
 */
#include "collector/pprof_fields.h"
#include "collector/view_read.h"

#include <errno.h>
#include <inttypes.h>

/* What a text's number beyond 32 bits, or below 0, becomes: out of range wherever it is checked. */
static uint32_t text_of(uint64_t value)
{
	return value < VIEW_NONE ? (uint32_t)value : VIEW_NONE;
}

static bool read_text(const struct wire_field *field, uint32_t *to)
{
	*to = text_of(field->value);
	return field->type == WIRE_VARINT;
}

static bool read_number(const struct wire_field *field, uint64_t *to)
{
	*to = field->value;
	return field->type == WIRE_VARINT;
}

static bool read_signed(const struct wire_field *field, int64_t *to)
{
	*to = (int64_t)field->value;
	return field->type == WIRE_VARINT;
}

/* ---- the first walk: how many there are ---------------------------------------------------------
 */

/* The numbers of a repeated field, packed or not. */
static bool count_numbers(const struct wire_field *field, uint32_t *count)
{
	uint32_t more = field->type == WIRE_BYTES ? (uint32_t)wire_count(&field->body) : 1;
	*count = more > UINT32_MAX - *count ? UINT32_MAX : *count + more;
	return field->type == WIRE_BYTES || field->type == WIRE_VARINT;
}

static bool count_sample(struct view_reader *r, const struct wire_field *field, void *row)
{
	(void)row;
	if (field->number == 1)
		return count_numbers(field, &r->view->count.frames);
	r->view->count.labels += field->number == 3;
	return true;
}

static bool count_location(struct view_reader *r, const struct wire_field *field, void *row)
{
	(void)row;
	r->view->count.lines += field->number == 4;
	return true;
}

static uint32_t *counter_of(struct view_counts *count, uint64_t field)
{
	switch (field) {
	case PROFILE_SAMPLE_TYPE:
		return &count->types;
	case PROFILE_SAMPLE:
		return &count->samples;
	case PROFILE_MAPPING:
		return &count->mappings;
	case PROFILE_LOCATION:
		return &count->locations;
	case PROFILE_FUNCTION:
		return &count->functions;
	case PROFILE_STRING:
		return &count->texts;
	default:
		return NULL;
	}
}

bool view_count_field(struct view_reader *r, const struct wire_field *field, void *row)
{
	uint32_t *counter = counter_of(&r->view->count, field->number);
	(void)row;
	if (field->number == PROFILE_COMMENT)
		return count_numbers(field, &r->view->count.comments);
	if (!counter)
		return true;
	if (field->type != WIRE_BYTES || *counter == UINT32_MAX)
		return false;
	++*counter;
	if (field->number == PROFILE_SAMPLE)
		return view_walk(r, field->body, "sample", count_sample, NULL);
	if (field->number == PROFILE_LOCATION)
		return view_walk(r, field->body, "location", count_location, NULL);
	return true;
}

/* ---- the second walk: what others refer to ------------------------------------------------------
 */

static bool read_type(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct view_type *type = row;
	(void)r;
	return field->number == 1   ? read_text(field, &type->type)
	       : field->number == 2 ? read_text(field, &type->unit)
				    : true;
}

static bool read_flag(const struct wire_field *field, uint32_t *flags, uint32_t flag)
{
	*flags = field->value ? *flags | flag : *flags & ~flag;
	return field->type == WIRE_VARINT;
}

static bool read_mapping(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct view_mapping *m = row;
	(void)r;
	switch (field->number) {
	case 1:
		return read_number(field, &m->id);
	case 2:
		return read_number(field, &m->start);
	case 3:
		return read_number(field, &m->limit);
	case 4:
		return read_number(field, &m->offset);
	case 5:
		return read_text(field, &m->filename);
	case 6:
		return read_text(field, &m->build_id);
	case 7:
	case 8:
	case 9:
	case 10:
		return read_flag(field, &m->flags, 1U << (field->number - 7));
	default:
		return true;
	}
}

static bool read_function(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct view_function *f = row;
	(void)r;
	switch (field->number) {
	case 1:
		return read_number(field, &f->id);
	case 2:
		return read_text(field, &f->name);
	case 3:
		return read_text(field, &f->system_name);
	case 4:
		return read_text(field, &f->filename);
	case 5:
		return read_signed(field, &f->start_line);
	default:
		return true;
	}
}

static bool take_text(struct view_reader *r, const struct wire *body)
{
	size_t size = (size_t)(body->end - body->at);
	if (size > r->limits->text)
		return view_complain(r, -EFBIG, "a text has more than %" PRIu32 " bytes",
				     r->limits->text);
	r->view->texts[r->filled.texts++] = (struct view_text){body->at, (uint32_t)size};
	return true;
}

static bool take_comments(struct view_reader *r, const struct wire_field *field)
{
	uint32_t *to = r->view->comments;
	struct wire body = field->body;
	uint64_t value;
	if (field->type != WIRE_BYTES)
		return read_text(field, &to[r->filled.comments++]);
	while (body.at < body.end) {
		if (!wire_varint(&body, &value))
			return false;
		to[r->filled.comments++] = text_of(value);
	}
	return true;
}

/* google/pprof takes a second time for a second profile, laid end to end. */
static bool take_time(struct view_reader *r, const struct wire_field *field)
{
	if (r->view->time_ns)
		return view_complain(r, -EBADMSG, "two profiles laid end to end");
	return read_signed(field, &r->view->time_ns);
}

static bool take_head(struct view_reader *r, const struct wire_field *field)
{
	struct view *v = r->view;
	switch (field->number) {
	case PROFILE_DROP_FRAMES:
		return read_text(field, &v->drop_frames);
	case PROFILE_KEEP_FRAMES:
		return read_text(field, &v->keep_frames);
	case PROFILE_TIME:
		return take_time(r, field);
	case PROFILE_DURATION:
		return read_signed(field, &v->duration_ns);
	case PROFILE_PERIOD_TYPE:
		v->period_type = (struct view_type){0};
		return field->type == WIRE_BYTES &&
		       view_walk(r, field->body, "period type", read_type, &v->period_type);
	case PROFILE_PERIOD:
		return read_signed(field, &v->period);
	case PROFILE_COMMENT:
		return take_comments(r, field);
	case PROFILE_DEFAULT_TYPE:
		return read_text(field, &v->default_type);
	case PROFILE_DOC_URL:
		return read_text(field, &v->doc_url);
	default:
		return true;
	}
}

bool view_table_field(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct view *v = r->view;
	(void)row;
	switch (field->number) {
	case PROFILE_SAMPLE_TYPE:
		return view_walk(r, field->body, "sample type", read_type,
				 &v->types[r->filled.types++]);
	case PROFILE_MAPPING:
		return view_walk(r, field->body, "mapping", read_mapping,
				 &v->mappings[r->filled.mappings++]);
	case PROFILE_FUNCTION:
		return view_walk(r, field->body, "function", read_function,
				 &v->functions[r->filled.functions++]);
	case PROFILE_STRING:
		return take_text(r, &field->body);
	default:
		return take_head(r, field);
	}
}

/* ---- the third walk: locations ------------------------------------------------------------------
 */

struct line_fields {
	uint64_t function;
	int64_t line, column;
};

static bool read_line(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct line_fields *line = row;
	(void)r;
	switch (field->number) {
	case 1:
		return read_number(field, &line->function);
	case 2:
		return read_signed(field, &line->line);
	case 3:
		return read_signed(field, &line->column);
	default:
		return true;
	}
}

static bool take_line(struct view_reader *r, const struct wire_field *field)
{
	struct line_fields fields = {0};
	if (field->type != WIRE_BYTES || !view_walk(r, field->body, "line", read_line, &fields))
		return false;
	uint32_t function = view_ids_find(&r->functions, fields.function);
	if (function == VIEW_NONE)
		return view_complain(r, -EBADMSG, "a location has a line without a function");
	r->view->lines[r->filled.lines++] =
		(struct view_line){fields.line, fields.column, function};
	return true;
}

static bool read_location(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct view_location *l = row;
	uint64_t id;
	switch (field->number) {
	case 1:
		return read_number(field, &l->id);
	case 2:
		l->mapping = read_number(field, &id) ? view_ids_find(&r->mappings, id) : VIEW_NONE;
		return field->type == WIRE_VARINT;
	case 3:
		return read_number(field, &l->address);
	case 4:
		return take_line(r, field);
	case 5:
		l->is_folded = field->value != 0;
		return field->type == WIRE_VARINT;
	default:
		return true;
	}
}

bool view_location_field(struct view_reader *r, const struct wire_field *field, void *row)
{
	(void)row;
	if (field->number != PROFILE_LOCATION)
		return true;
	struct view_location *l = &r->view->locations[r->filled.locations++];
	*l = (struct view_location){.mapping = VIEW_NONE, .line_start = r->filled.lines};
	if (!view_walk(r, field->body, "location", read_location, l))
		return false;
	l->line_count = r->filled.lines - l->line_start;
	return l->line_count <= r->limits->depth ||
	       view_complain(r, -EFBIG, "a location has more than %" PRIu32 " lines",
			     r->limits->depth);
}

/* ---- the fourth walk: samples -------------------------------------------------------------------
 */

struct label_fields {
	uint32_t key, text, unit;
	int64_t number;
};

static bool read_label(struct view_reader *r, const struct wire_field *field, void *row)
{
	struct label_fields *label = row;
	(void)r;
	switch (field->number) {
	case 1:
		return read_text(field, &label->key);
	case 2:
		return read_text(field, &label->text);
	case 3:
		return read_signed(field, &label->number);
	case 4:
		return read_text(field, &label->unit);
	default:
		return true;
	}
}

/* A label is a text or else a number; the fields of the other kind do not even have to be valid. */
static bool take_label(struct view_reader *r, const struct wire_field *field)
{
	struct label_fields f = {0};
	if (field->type != WIRE_BYTES || !view_walk(r, field->body, "label", read_label, &f))
		return false;
	uint32_t text = f.text ? f.text : f.unit;
	if (f.key >= r->view->count.texts || text >= r->view->count.texts)
		return view_complain(r, -EBADMSG, "a label is beyond the string table");
	if (f.text || f.number || f.unit)
		r->view->labels[r->filled.labels++] =
			(struct view_label){.key = f.key,
					    .is_number = !f.text,
					    .has_unit = !f.text && f.unit,
					    .text = text,
					    .number = f.number};
	return true;
}

static bool take_frame(struct view_reader *r, uint64_t id)
{
	uint32_t row = view_ids_find(&r->locations, id);
	if (row == VIEW_NONE)
		return view_complain(r, -EBADMSG,
				     "a sample has the location %" PRIu64 ", which does not exist",
				     id);
	r->view->frames[r->filled.frames++] = row;
	return true;
}

/* Most of a profile are frames, and most profiles count their locations from 1. */
static bool take_frames(struct view_reader *r, const struct wire_field *field)
{
	struct wire body = field->body;
	uint64_t id, dense = r->locations.sorted ? 0 : r->locations.count;
	if (field->type != WIRE_BYTES)
		return field->type == WIRE_VARINT && take_frame(r, field->value);
	while (body.at < body.end) {
		if (!wire_varint(&body, &id))
			return false;
		if (id - 1 < dense)
			r->view->frames[r->filled.frames++] = (uint32_t)(id - 1);
		else if (!take_frame(r, id))
			return false;
	}
	return true;
}

static bool take_value(struct view_reader *r, uint64_t value)
{
	uint32_t types = r->view->count.types;
	if (!types)
		return view_complain(r, -EBADMSG, "samples without a sample type");
	if (r->types_seen == types)
		return view_complain(r, -EBADMSG, "a sample has more than %" PRIu32 " values",
				     types);
	r->view->values[(size_t)(r->filled.samples - 1) * types + r->types_seen++] = (int64_t)value;
	return true;
}

static bool take_values(struct view_reader *r, const struct wire_field *field)
{
	struct wire body = field->body;
	uint64_t value;
	if (field->type != WIRE_BYTES)
		return field->type == WIRE_VARINT && take_value(r, field->value);
	while (body.at < body.end)
		if (!wire_varint(&body, &value) || !take_value(r, value))
			return false;
	return true;
}

static bool read_sample(struct view_reader *r, const struct wire_field *field, void *row)
{
	(void)row;
	switch (field->number) {
	case 1:
		return take_frames(r, field);
	case 2:
		return take_values(r, field);
	case 3:
		return take_label(r, field);
	default:
		return true;
	}
}

static bool check_sample(struct view_reader *r, const struct view_sample *s)
{
	if (!r->view->count.types)
		return view_complain(r, -EBADMSG, "samples without a sample type");
	if (r->types_seen != r->view->count.types)
		return view_complain(r, -EBADMSG,
				     "a sample has %" PRIu32 " values for %" PRIu32 " sample types",
				     r->types_seen, r->view->count.types);
	if (s->frame_count > r->limits->depth)
		return view_complain(r, -EFBIG, "a sample has more than %" PRIu32 " frames",
				     r->limits->depth);
	uint32_t tags = r->limits->tags < VIEW_TAGS_MAX ? r->limits->tags : VIEW_TAGS_MAX;
	return s->label_count <= tags ||
	       view_complain(r, -EFBIG, "a sample has more than %" PRIu32 " labels", tags);
}

bool view_sample_field(struct view_reader *r, const struct wire_field *field, void *row)
{
	(void)row;
	if (field->number != PROFILE_SAMPLE)
		return true;
	struct view_sample *s = &r->view->samples[r->filled.samples++];
	*s = (struct view_sample){.frame_start = r->filled.frames, .label_start = r->filled.labels};
	r->types_seen = 0;
	if (!view_walk(r, field->body, "sample", read_sample, NULL))
		return false;
	s->frame_count = r->filled.frames - s->frame_start;
	s->label_count = r->filled.labels - s->label_start;
	return check_sample(r, s);
}
