/* SPDX-License-Identifier: Apache-2.0 */
/* pprof.c -- one period's samples become the bytes of one pprof profile.
 *
 * Protocol buffers merge when they are laid end to end, lists by appending. So every row is packed
 * as a Profile that holds nothing else and goes straight into the compressor: neither the message
 * as a tree nor its raw bytes ever exist as a whole.
 */
#include "encoder/pprof.h"

#include "encoder/gzip.h"
#include "encoder/intern.h"
#include "encoder/profile.pb-c.h"
#include "encoder/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The most bytes that a packed row takes: tag and length, then tag and number for each field;
 * an index stays below 4 bytes because PPROF_RAW_MAX does. */
enum {
	COST_HEAD = 1024, /* everything that is there once, and the comments */
	COST_TEXT = 4,	  /* and its bytes */
	COST_MAPPING = 56,
	COST_FUNCTION = 24,
	COST_LOCATION = 32,
	TABLES_MAX = PPROF_RAW_MAX / 4 * 3,
	BUILD_ID_MAX = 64,
};

struct table {
	struct intern rows;
	uint32_t lost;
};

/* Rows are compared as bytes: no padding inside. */
struct mapping_row {
	uint64_t start, limit, offset;
	uint32_t filename, build_id;
};

struct function_row {
	uint32_t name, system_name, filename;
};

struct location_row {
	uint64_t address;
	uint32_t mapping, function;
};

_Static_assert(sizeof(struct mapping_row) == 32, "padding would be compared");
_Static_assert(sizeof(struct function_row) == 12, "padding would be compared");
_Static_assert(sizeof(struct location_row) == 16, "padding would be compared");

struct value_type {
	uint32_t type, unit;
};

struct pprof {
	int error;
	struct gzip *gzip;
	size_t raw_size;
	uint32_t sample_count;
	struct pprof_lost lost;
	struct table texts, mappings, functions, locations;
	struct value_type types[PPROF_TYPES_MAX], period_type;
	size_t type_count, comment_count;
	int64_t comments[PPROF_COMMENTS_MAX];
	uint32_t default_type;
	int64_t period, time_ns, duration_ns;
	uint64_t stack[PPROF_FRAMES_MAX]; /* of the sample in hand */
	char text[PPROF_TEXT_MAX + 1];	  /* the text in hand */
};

struct sink {
	ProtobufCBuffer base;
	struct gzip *gzip;
};

static void sink_append(ProtobufCBuffer *base, size_t len, const uint8_t *bytes)
{
	gzip_append(((struct sink *)base)->gzip, bytes, len);
}

static void emit(struct pprof *p, const Perftools__Profiles__Profile *part)
{
	struct sink sink = {{sink_append}, p->gzip};
	protobuf_c_message_pack_to_buffer(&part->base, &sink.base);
}

static void fail(struct pprof *p, int error)
{
	if (!p->error)
		p->error = error;
}

/* Tables leave the last quarter to the samples, without which they would be of no use. */
static bool claim(struct pprof *p, size_t cost, size_t limit)
{
	if (p->raw_size + cost > limit)
		return false;
	p->raw_size += cost;
	return true;
}

/* The row's number, or INTERN_NONE: no room, or the profile has failed. */
static uint32_t add(struct pprof *p, struct table *table, const void *row, size_t len, size_t cost)
{
	if (p->error)
		return INTERN_NONE;
	uint32_t number = intern_find(&table->rows, row, len);
	if (number != INTERN_NONE)
		return number;
	if (!claim(p, cost, TABLES_MAX)) {
		table->lost++;
		return INTERN_NONE;
	}
	number = intern_add(&table->rows, row, len);
	if (number == INTERN_NONE)
		fail(p, -ENOMEM);
	return number;
}

/* The index of the text; 0, which is "", for NULL or when it is lost. */
static uint32_t add_text(struct pprof *p, const char *text)
{
	size_t len = text ? strnlen(text, PPROF_TEXT_MAX + 4) : 0; /* 4: the cut is utf8_clean's */
	len = utf8_clean(p->text, sizeof(p->text), text, len);
	uint32_t index = add(p, &p->texts, p->text, len + 1, len + COST_TEXT);
	return index == INTERN_NONE ? 0 : index;
}

struct pprof *pprof_create(void)
{
	struct pprof *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->gzip = gzip_create();
	p->raw_size = COST_HEAD;
	if (p->gzip)
		add_text(p, "");
	if (p->gzip && !p->error)
		return p;
	pprof_destroy(p);
	return NULL;
}

void pprof_destroy(struct pprof *p)
{
	if (!p)
		return;
	gzip_destroy(p->gzip);
	intern_clear(&p->texts.rows);
	intern_clear(&p->mappings.rows);
	intern_clear(&p->functions.rows);
	intern_clear(&p->locations.rows);
	free(p);
}

/* What every reader takes as the name of a type or unit. */
static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	return strspn(name, letters) > 0 && name[strspn(name, all)] == '\0';
}

static struct value_type add_type(struct pprof *p, const char *type, const char *unit)
{
	if (!is_name(type) || !is_name(unit))
		fail(p, -EINVAL);
	struct value_type row = {.type = add_text(p, type)};
	row.unit = add_text(p, unit);
	return row;
}

void pprof_sample_type(struct pprof *p, const char *type, const char *unit)
{
	if (p->type_count == PPROF_TYPES_MAX || p->sample_count)
		fail(p, -EINVAL);
	if (!p->error)
		p->types[p->type_count++] = add_type(p, type, unit);
}

void pprof_default_type(struct pprof *p, const char *type)
{
	p->default_type = add_text(p, type);
}

void pprof_period(struct pprof *p, const char *type, const char *unit, int64_t period)
{
	p->period_type = add_type(p, type, unit);
	p->period = period;
}

void pprof_time(struct pprof *p, int64_t time_ns, int64_t duration_ns)
{
	p->time_ns = time_ns;
	p->duration_ns = duration_ns;
}

void pprof_comment(struct pprof *p, const char *text)
{
	uint32_t index = add_text(p, text);
	if (index && p->comment_count < PPROF_COMMENTS_MAX)
		p->comments[p->comment_count++] = index;
}

static uint32_t add_build_id(struct pprof *p, const struct pprof_mapping *mapping)
{
	static const char digits[] = "0123456789abcdef";
	char hex[BUILD_ID_MAX * 2 + 1];
	size_t size = mapping->build_id ? mapping->build_id_size : 0;
	if (size > BUILD_ID_MAX)
		size = BUILD_ID_MAX;
	for (size_t i = 0; i < size; i++) {
		hex[i * 2] = digits[mapping->build_id[i] >> 4];
		hex[i * 2 + 1] = digits[mapping->build_id[i] & 15];
	}
	hex[size * 2] = '\0';
	return add_text(p, hex);
}

/* Ids are numbers plus 1; INTERN_NONE wraps to 0. */
uint32_t pprof_mapping(struct pprof *p, const struct pprof_mapping *mapping)
{
	struct mapping_row row = {
		.start = mapping->start, .limit = mapping->limit, .offset = mapping->offset};
	row.filename = add_text(p, mapping->filename);
	row.build_id = add_build_id(p, mapping);
	return add(p, &p->mappings, &row, sizeof(row), COST_MAPPING) + 1;
}

uint32_t pprof_function(struct pprof *p, const char *name, const char *system_name,
			const char *filename)
{
	struct function_row row = {.name = add_text(p, name)};
	if (!row.name) {
		p->functions.lost += name && *name;
		return 0;
	}
	row.system_name = add_text(p, system_name);
	if (!row.system_name)
		row.system_name = row.name;
	row.filename = add_text(p, filename);
	return add(p, &p->functions, &row, sizeof(row), COST_FUNCTION) + 1;
}

uint32_t pprof_location(struct pprof *p, uint32_t mapping, uint64_t address, uint32_t function)
{
	struct location_row row = {address, mapping, function};
	if (mapping > p->mappings.rows.count || function > p->functions.rows.count)
		fail(p, -EINVAL);
	return add(p, &p->locations, &row, sizeof(row), COST_LOCATION) + 1;
}

/* Copies the ids to p->stack without the zeros. Returns their number. */
static size_t fill_stack(struct pprof *p, const struct pprof_sample *sample)
{
	size_t count = 0, i;
	for (i = 0; i < sample->location_count && count < PPROF_FRAMES_MAX; i++) {
		if (sample->locations[i] > p->locations.rows.count)
			fail(p, -EINVAL);
		if (sample->locations[i])
			p->stack[count++] = sample->locations[i];
	}
	return count;
}

/* A label that would say nothing is left out: readers would not keep it either. */
static bool fill_label(struct pprof *p, Perftools__Profiles__Label *to,
		       const struct pprof_label *label)
{
	*to = (Perftools__Profiles__Label)PERFTOOLS__PROFILES__LABEL__INIT;
	to->key = add_text(p, label->key);
	if (label->str) {
		to->str = add_text(p, label->str);
	} else {
		to->num = label->num;
		to->num_unit = add_text(p, label->unit);
	}
	return to->key && (to->str || to->num || to->num_unit);
}

static int refuse_sample(struct pprof *p)
{
	p->lost.samples++;
	return -ENOSPC;
}

static int emit_sample(struct pprof *p, Perftools__Profiles__Sample *sample)
{
	Perftools__Profiles__Profile part = PERFTOOLS__PROFILES__PROFILE__INIT;
	part.n_sample = 1;
	part.sample = &sample;
	if (!claim(p, protobuf_c_message_get_packed_size(&part.base), PPROF_RAW_MAX))
		return refuse_sample(p);
	emit(p, &part);
	p->sample_count++;
	return 0;
}

int pprof_sample(struct pprof *p, const struct pprof_sample *sample)
{
	if (!p->type_count || sample->label_count > PPROF_LABELS_MAX)
		fail(p, -EINVAL);
	if (p->error)
		return p->error;
	if (p->sample_count == PPROF_SAMPLES_MAX)
		return refuse_sample(p);

	Perftools__Profiles__Label labels[PPROF_LABELS_MAX], *label_list[PPROF_LABELS_MAX];
	Perftools__Profiles__Sample row = PERFTOOLS__PROFILES__SAMPLE__INIT;
	row.location_id = p->stack;
	row.n_location_id = fill_stack(p, sample);
	row.value = (int64_t *)sample->values;
	row.n_value = p->type_count;
	row.label = label_list;
	for (size_t i = 0; i < sample->label_count; i++) {
		label_list[row.n_label] = &labels[row.n_label];
		row.n_label += fill_label(p, &labels[row.n_label], &sample->labels[i]);
	}
	if (p->error)
		return p->error;
	int error = emit_sample(p, &row);
	if (!error)
		p->lost.frames += (uint32_t)(sample->location_count - row.n_location_id);
	return error;
}

struct pprof_lost pprof_lost(const struct pprof *p)
{
	struct pprof_lost lost = p->lost;
	lost.mappings = p->mappings.lost;
	lost.functions = p->functions.lost;
	lost.locations = p->locations.lost;
	lost.texts = p->texts.lost;
	return lost;
}

static Perftools__Profiles__ValueType type_message(struct value_type type)
{
	Perftools__Profiles__ValueType message = PERFTOOLS__PROFILES__VALUE_TYPE__INIT;
	message.type = type.type;
	message.unit = type.unit;
	return message;
}

static void emit_head(struct pprof *p)
{
	Perftools__Profiles__Profile part = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__ValueType types[PPROF_TYPES_MAX], *type_list[PPROF_TYPES_MAX];
	Perftools__Profiles__ValueType period_type = type_message(p->period_type);
	for (size_t i = 0; i < p->type_count; i++) {
		types[i] = type_message(p->types[i]);
		type_list[i] = &types[i];
	}
	part.n_sample_type = p->type_count;
	part.sample_type = type_list;
	part.time_nanos = p->time_ns;
	part.duration_nanos = p->duration_ns;
	part.period_type = p->period_type.type ? &period_type : NULL;
	part.period = p->period;
	part.n_comment = p->comment_count;
	part.comment = p->comments;
	part.default_sample_type = p->default_type;
	emit(p, &part);
}

static void emit_mapping(struct pprof *p, uint32_t number, bool has_functions)
{
	Perftools__Profiles__Profile part = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Mapping mapping = PERFTOOLS__PROFILES__MAPPING__INIT;
	Perftools__Profiles__Mapping *list = &mapping;
	struct mapping_row row;
	memcpy(&row, intern_at(&p->mappings.rows, number), sizeof(row));
	mapping.id = number + 1;
	mapping.memory_start = row.start;
	mapping.memory_limit = row.limit;
	mapping.file_offset = row.offset;
	mapping.filename = row.filename;
	mapping.build_id = row.build_id;
	mapping.has_functions = has_functions;
	part.n_mapping = 1;
	part.mapping = &list;
	emit(p, &part);
}

static int emit_mappings(struct pprof *p)
{
	enum { NAMED = 1, UNNAMED = 2 };
	uint8_t *seen = calloc((size_t)p->mappings.rows.count + 1, 1);
	if (!seen)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->locations.rows.count; i++) {
		struct location_row row;
		memcpy(&row, intern_at(&p->locations.rows, i), sizeof(row));
		seen[row.mapping] |= row.function ? NAMED : UNNAMED;
	}
	for (uint32_t i = 0; i < p->mappings.rows.count; i++)
		emit_mapping(p, i, seen[i + 1] == NAMED);
	free(seen);
	return 0;
}

static void emit_location(struct pprof *p, uint32_t number)
{
	Perftools__Profiles__Profile part = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Location location = PERFTOOLS__PROFILES__LOCATION__INIT;
	Perftools__Profiles__Line line = PERFTOOLS__PROFILES__LINE__INIT;
	Perftools__Profiles__Location *list = &location;
	Perftools__Profiles__Line *line_list = &line;
	struct location_row row;
	memcpy(&row, intern_at(&p->locations.rows, number), sizeof(row));
	location.id = number + 1;
	location.mapping_id = row.mapping;
	location.address = row.address;
	line.function_id = row.function;
	location.n_line = row.function != 0;
	location.line = &line_list;
	part.n_location = 1;
	part.location = &list;
	emit(p, &part);
}

static void emit_function(struct pprof *p, uint32_t number)
{
	Perftools__Profiles__Profile part = PERFTOOLS__PROFILES__PROFILE__INIT;
	Perftools__Profiles__Function function = PERFTOOLS__PROFILES__FUNCTION__INIT;
	Perftools__Profiles__Function *list = &function;
	struct function_row row;
	memcpy(&row, intern_at(&p->functions.rows, number), sizeof(row));
	function.id = number + 1;
	function.name = row.name;
	function.system_name = row.system_name;
	function.filename = row.filename;
	part.n_function = 1;
	part.function = &list;
	emit(p, &part);
}

static void emit_text(struct pprof *p, uint32_t number)
{
	Perftools__Profiles__Profile part = PERFTOOLS__PROFILES__PROFILE__INIT;
	char *text = (char *)intern_at(&p->texts.rows, number);
	part.n_string_table = 1;
	part.string_table = &text;
	emit(p, &part);
}

int pprof_encode(struct pprof *p, uint8_t **bytes, size_t *size)
{
	if (p->error)
		return p->error;
	if (!p->sample_count)
		return -ENODATA;
	if (!p->time_ns)
		return -EINVAL;
	emit_head(p);
	fail(p, emit_mappings(p));
	for (uint32_t i = 0; i < p->locations.rows.count; i++)
		emit_location(p, i);
	for (uint32_t i = 0; i < p->functions.rows.count; i++)
		emit_function(p, i);
	for (uint32_t i = 0; i < p->texts.rows.count; i++)
		emit_text(p, i);
	if (!p->error)
		fail(p, gzip_finish(p->gzip, bytes, size));
	if (p->error)
		return p->error;
	p->error = -EINVAL; /* the stream has ended */
	return 0;
}
