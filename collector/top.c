/* SPDX-License-Identifier: Apache-2.0 */
/* top.c -- the functions of one or more profiles, the most expensive ones first. */
#include "collector/top.h"

#include "encoder/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which rows the locations of the profile in hand stand for: those of location i are
 * rows[starts[i]] up to rows[starts[i + 1]], the innermost first. */
struct places {
	size_t *starts;
	uint32_t *rows;
};

struct top *top_create(const char *type)
{
	struct top *top = calloc(1, sizeof(*top));
	if (top && type && !(top->type = strdup(type))) {
		free(top);
		return NULL;
	}
	return top;
}

void top_destroy(struct top *top)
{
	if (!top)
		return;
	intern_clear(&top->names);
	free(top->rows);
	free(top->type);
	free(top->unit);
	free(top->types);
	free(top);
}

/* Values come from anywhere; a sum that is too large stays the largest. */
static int64_t add(int64_t a, int64_t b)
{
	int64_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* "samples/count cpu/nanoseconds", the caller's; NULL without memory. */
static char *describe_types(const Perftools__Profiles__Profile *p)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	for (size_t i = 0; i < p->n_sample_type; i++)
		fprintf(to, "%s%s/%s", i ? " " : "", p->string_table[p->sample_type[i]->type],
			p->string_table[p->sample_type[i]->unit]);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

/* The column of the type called name, or the number of columns. */
static size_t find_type(const Perftools__Profiles__Profile *p, const char *name)
{
	size_t i = 0;
	while (i < p->n_sample_type && strcmp(p->string_table[p->sample_type[i]->type], name) != 0)
		i++;
	return i;
}

static size_t default_column(const Perftools__Profiles__Profile *p)
{
	size_t column = find_type(p, p->string_table[p->default_sample_type]);
	return column < p->n_sample_type ? column : p->n_sample_type - 1;
}

/* The first profile decides about types and column. */
static int choose_type(struct top *top, const Perftools__Profiles__Profile *p,
		       char error[TOP_ERROR_SIZE])
{
	if (!p->n_sample_type) {
		snprintf(error, TOP_ERROR_SIZE, "it has no sample types");
		return -EINVAL;
	}
	char *types = describe_types(p);
	if (!types)
		return -ENOMEM;
	top->column = top->type ? find_type(p, top->type) : default_column(p);
	if (top->column == p->n_sample_type) {
		snprintf(error, TOP_ERROR_SIZE, "it has no sample type '%s', only: %s", top->type,
			 types);
		free(types);
		return -EINVAL;
	}
	const Perftools__Profiles__ValueType *type = p->sample_type[top->column];
	top->types = types; /* kept from here on, whatever else fails */
	if (!top->type)
		top->type = strdup(p->string_table[type->type]);
	top->unit = strdup(p->string_table[type->unit]);
	return top->type && top->unit ? 0 : -ENOMEM;
}

static int match_types(const struct top *top, const Perftools__Profiles__Profile *p,
		       char error[TOP_ERROR_SIZE])
{
	char *types = describe_types(p);
	if (!types)
		return -ENOMEM;
	bool same = !strcmp(types, top->types);
	if (!same)
		snprintf(error, TOP_ERROR_SIZE,
			 "its sample types (%s) are not those of the files before it (%s)", types,
			 top->types);
	free(types);
	return same ? 0 : -EINVAL;
}

static bool grow_rows(struct top *top)
{
	size_t max = top->row_max ? top->row_max * 2 : 1024;
	struct top_row *rows = realloc(top->rows, max * sizeof(*rows));
	if (!rows)
		return false;
	top->rows = rows;
	top->row_max = max;
	return true;
}

/* The row of a name; INTERN_NONE without memory. Terminals see only what utf8_clean lets through.
 */
static uint32_t find_row(struct top *top, const char *name)
{
	char clean[TOP_NAME_SIZE];
	size_t len = utf8_clean(clean, sizeof(clean), name, strlen(name));
	uint32_t row = intern_add(&top->names, clean, len + 1);
	if (row == INTERN_NONE || row < top->row_count)
		return row;
	if (top->row_count == top->row_max && !grow_rows(top))
		return INTERN_NONE;
	top->rows[top->row_count++] = (struct top_row){.name = row};
	return row;
}

/* What pprof would have to symbolise is called by where it lies. */
static uint32_t find_unnamed(struct top *top, const Perftools__Profiles__Profile *p,
			     const Perftools__Profiles__Location *location)
{
	char name[TOP_NAME_SIZE];
	if (!location->mapping_id) {
		snprintf(name, sizeof(name), "[0x%" PRIx64 "]", location->address);
		return find_row(top, name);
	}
	const Perftools__Profiles__Mapping *m = p->mapping[location->mapping_id - 1];
	const char *path = p->string_table[m->filename];
	const char *slash = strrchr(path, '/');
	uint64_t offset = location->address - m->memory_start + m->file_offset;
	snprintf(name, sizeof(name), "[%.*s+0x%" PRIx64 "]", TOP_NAME_SIZE / 2,
		 slash	 ? slash + 1
		 : *path ? path
			 : "anonymous",
		 offset);
	return find_row(top, name);
}

static int places_fill(struct places *places, struct top *top,
		       const Perftools__Profiles__Profile *p)
{
	size_t used = 0;
	for (size_t i = 0; i < p->n_location; i++) {
		const Perftools__Profiles__Location *location = p->location[i];
		places->starts[i] = used;
		if (!location->n_line)
			places->rows[used++] = find_unnamed(top, p, location);
		for (size_t k = 0; k < location->n_line; k++) {
			uint64_t function = location->line[k]->function_id;
			places->rows[used++] =
				find_row(top, p->string_table[p->function[function - 1]->name]);
		}
		for (size_t k = places->starts[i]; k < used; k++)
			if (places->rows[k] == INTERN_NONE)
				return -ENOMEM;
	}
	places->starts[p->n_location] = used;
	return 0;
}

static int places_open(struct places *places, struct top *top,
		       const Perftools__Profiles__Profile *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->n_location; i++)
		count += p->location[i]->n_line ? p->location[i]->n_line : 1;
	places->starts = calloc(p->n_location + 1, sizeof(*places->starts));
	places->rows = calloc(count + 1, sizeof(*places->rows));
	if (!places->starts || !places->rows)
		return -ENOMEM;
	return places_fill(places, top, p);
}

static void add_frame(struct top *top, uint32_t number, bool is_leaf, int64_t value)
{
	struct top_row *row = &top->rows[number];
	if (is_leaf)
		row->flat = add(row->flat, value);
	if (row->last_sample == top->sample_count)
		return; /* recursion: this sample has been counted */
	row->last_sample = top->sample_count;
	row->cum = add(row->cum, value);
}

static void add_sample(struct top *top, const struct places *places,
		       const Perftools__Profiles__Sample *sample)
{
	int64_t value = sample->value[top->column];
	bool is_leaf = true;
	top->sample_count++; /* from 1: a new row's last_sample is 0 */
	top->total = add(top->total, value == INT64_MIN ? INT64_MAX : llabs(value));
	for (size_t i = 0; i < sample->n_location_id; i++) {
		uint64_t location = sample->location_id[i] - 1;
		for (size_t k = places->starts[location]; k < places->starts[location + 1]; k++) {
			add_frame(top, places->rows[k], is_leaf, value);
			is_leaf = false;
		}
	}
}

static void add_times(struct top *top, const Perftools__Profiles__Profile *p)
{
	if (p->time_nanos && (!top->time_ns || p->time_nanos < top->time_ns))
		top->time_ns = p->time_nanos;
	top->duration_ns = add(top->duration_ns, p->duration_nanos);
	top->comment_count += p->n_comment;
	top->file_count++;
}

int top_add(struct top *top, const Perftools__Profiles__Profile *p, char error[TOP_ERROR_SIZE])
{
	struct places places = {0};
	snprintf(error, TOP_ERROR_SIZE, "out of memory");
	int failure = top->types ? match_types(top, p, error) : choose_type(top, p, error);
	if (!failure)
		failure = places_open(&places, top, p);
	if (!failure) {
		add_times(top, p);
		for (size_t i = 0; i < p->n_sample; i++)
			add_sample(top, &places, p->sample[i]);
	}
	free(places.starts);
	free(places.rows);
	return failure;
}
