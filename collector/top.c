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

static char *copy_text(const struct view *p, uint32_t text)
{
	return strndup((const char *)p->texts[text].bytes, p->texts[text].size);
}

static bool is_text(const struct view *p, uint32_t text, const char *wanted)
{
	const struct view_text *t = &p->texts[text];
	return t->size == strlen(wanted) && (!t->size || !memcmp(t->bytes, wanted, t->size));
}

/* "samples/count cpu/nanoseconds", the caller's; NULL without memory. */
static char *describe_types(const struct view *p)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	for (uint32_t i = 0; i < p->count.types; i++) {
		const struct view_text *type = &p->texts[p->types[i].type];
		const struct view_text *unit = &p->texts[p->types[i].unit];
		fprintf(to, "%s%.*s/%.*s", i ? " " : "", (int)type->size, type->bytes,
			(int)unit->size, unit->bytes);
	}
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

/* The column of the type called name, or the number of columns. */
static size_t find_type(const struct view *p, const char *name)
{
	size_t i = 0;
	while (i < p->count.types && !is_text(p, p->types[i].type, name))
		i++;
	return i;
}

static size_t default_column(const struct view *p)
{
	const struct view_text *wanted = &p->texts[p->default_type];
	for (size_t i = 0; i < p->count.types; i++) {
		const struct view_text *type = &p->texts[p->types[i].type];
		if (type->size == wanted->size && !memcmp(type->bytes, wanted->bytes, type->size))
			return i;
	}
	return p->count.types - 1;
}

/* The first profile decides about types and column. */
static int choose_type(struct top *top, const struct view *p, char error[TOP_ERROR_SIZE])
{
	if (!p->count.types) {
		snprintf(error, TOP_ERROR_SIZE, "it has no sample types");
		return -EINVAL;
	}
	char *types = describe_types(p);
	if (!types)
		return -ENOMEM;
	top->column = top->type ? find_type(p, top->type) : default_column(p);
	if (top->column == p->count.types) {
		snprintf(error, TOP_ERROR_SIZE, "it has no sample type '%s', only: %s", top->type,
			 types);
		free(types);
		return -EINVAL;
	}
	const struct view_type *type = &p->types[top->column];
	top->types = types; /* kept from here on, whatever else fails */
	if (!top->type)
		top->type = copy_text(p, type->type);
	top->unit = copy_text(p, type->unit);
	return top->type && top->unit ? 0 : -ENOMEM;
}

static int match_types(const struct top *top, const struct view *p, char error[TOP_ERROR_SIZE])
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
static uint32_t find_row(struct top *top, const char *name, size_t size)
{
	char clean[TOP_NAME_SIZE];
	size_t len = utf8_clean(clean, sizeof(clean), name, size);
	uint32_t row = intern_add(&top->names, clean, len + 1);
	if (row == INTERN_NONE || row < top->row_count)
		return row;
	if (top->row_count == top->row_max && !grow_rows(top))
		return INTERN_NONE;
	top->rows[top->row_count++] = (struct top_row){.name = row};
	return row;
}

static uint32_t find_function(struct top *top, const struct view *p, uint32_t function)
{
	const struct view_text *name = &p->texts[p->functions[function].name];
	return find_row(top, (const char *)name->bytes, name->size);
}

/* What pprof would have to symbolise is called by where it lies. */
static uint32_t find_unnamed(struct top *top, const struct view *p,
			     const struct view_location *location)
{
	char name[TOP_NAME_SIZE];
	if (location->mapping == VIEW_NONE) {
		snprintf(name, sizeof(name), "[0x%" PRIx64 "]", location->address);
		return find_row(top, name, strlen(name));
	}
	const struct view_mapping *m = &p->mappings[location->mapping];
	const struct view_text *path = &p->texts[m->filename];
	const char *file = (const char *)path->bytes, *end = file + path->size;
	const char *slash = path->size ? memrchr(file, '/', path->size) : NULL;
	file = slash ? slash + 1 : file;
	uint64_t offset = location->address - m->start + m->offset;
	int size = end - file < TOP_NAME_SIZE / 2 ? (int)(end - file) : TOP_NAME_SIZE / 2;
	snprintf(name, sizeof(name), "[%.*s+0x%" PRIx64 "]", path->size ? size : TOP_NAME_SIZE / 2,
		 path->size ? file : "anonymous", offset);
	return find_row(top, name, strlen(name));
}

static int places_fill(struct places *places, struct top *top, const struct view *p)
{
	size_t used = 0;
	for (uint32_t i = 0; i < p->count.locations; i++) {
		const struct view_location *location = &p->locations[i];
		places->starts[i] = used;
		if (!location->line_count)
			places->rows[used++] = find_unnamed(top, p, location);
		for (uint32_t k = 0; k < location->line_count; k++)
			places->rows[used++] =
				find_function(top, p, p->lines[location->line_start + k].function);
		for (size_t k = places->starts[i]; k < used; k++)
			if (places->rows[k] == INTERN_NONE)
				return -ENOMEM;
	}
	places->starts[p->count.locations] = used;
	return 0;
}

static int places_open(struct places *places, struct top *top, const struct view *p)
{
	size_t count = 0;
	for (uint32_t i = 0; i < p->count.locations; i++)
		count += p->locations[i].line_count ? p->locations[i].line_count : 1;
	places->starts = calloc((size_t)p->count.locations + 1, sizeof(*places->starts));
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

static void add_sample(struct top *top, const struct places *places, const struct view *p,
		       uint32_t number)
{
	const struct view_sample *sample = &p->samples[number];
	int64_t value = p->values[(size_t)number * p->count.types + top->column];
	bool is_leaf = true;
	top->sample_count++; /* from 1: a new row's last_sample is 0 */
	top->total = add(top->total, value == INT64_MIN ? INT64_MAX : llabs(value));
	for (uint32_t i = 0; i < sample->frame_count; i++) {
		uint32_t location = p->frames[sample->frame_start + i];
		for (size_t k = places->starts[location]; k < places->starts[location + 1]; k++) {
			add_frame(top, places->rows[k], is_leaf, value);
			is_leaf = false;
		}
	}
}

static void add_times(struct top *top, const struct view *p)
{
	if (p->time_ns && (!top->time_ns || p->time_ns < top->time_ns))
		top->time_ns = p->time_ns;
	top->duration_ns = add(top->duration_ns, p->duration_ns);
	top->comment_count += p->count.comments;
	top->file_count++;
}

int top_add(struct top *top, const struct view *p, char error[TOP_ERROR_SIZE])
{
	struct places places = {0};
	snprintf(error, TOP_ERROR_SIZE, "out of memory");
	int failure = top->types ? match_types(top, p, error) : choose_type(top, p, error);
	if (!failure)
		failure = places_open(&places, top, p);
	if (!failure) {
		add_times(top, p);
		for (uint32_t i = 0; i < p->count.samples; i++)
			add_sample(top, &places, p, i);
	}
	free(places.starts);
	free(places.rows);
	return failure;
}
