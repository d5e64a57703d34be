/* SPDX-License-Identifier: Apache-2.0 */
/* view.c -- a pprof profile as it lies in its bytes, found valid, without a copy of its texts.
 *
 * Four walks over the fields of the profile: one counts, so that each table is allocated once and
 * the limits are kept before memory is taken; then come the tables that others refer to; then the
 * locations; then the samples, which mostly stand before all of them.
 */
#include "collector/view.h"

#include "collector/view_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const struct view_limits view_limits = {
	.most = {.texts = 1 << 20,
		 .types = 64,
		 .comments = 1024,
		 .mappings = 1 << 16,
		 .functions = 1 << 20,
		 .lines = 1 << 21,
		 .locations = 1 << 20,
		 .frames = 1 << 23,
		 .labels = 1 << 20,
		 .samples = 1 << 18},
	.depth = 4096,
	.tags = 64,
	.text = 64 << 10,
	.memory = 64 << 20,
};

bool view_complain(struct view_reader *r, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (!r->error) {
		r->error = error;
		vsnprintf(r->text, VIEW_ERROR_SIZE, format, arguments);
	}
	va_end(arguments);
	return false;
}

bool view_malformed(struct view_reader *r, const char *what)
{
	return view_complain(r, -EBADMSG, "not a pprof profile: a %s is malformed", what);
}

static const struct count_limit {
	size_t offset;
	const char *what;
} count_limits[] = {
	{offsetof(struct view_counts, texts), "texts"},
	{offsetof(struct view_counts, types), "sample types"},
	{offsetof(struct view_counts, comments), "comments"},
	{offsetof(struct view_counts, mappings), "mappings"},
	{offsetof(struct view_counts, functions), "functions"},
	{offsetof(struct view_counts, lines), "lines"},
	{offsetof(struct view_counts, locations), "locations"},
	{offsetof(struct view_counts, frames), "frames"},
	{offsetof(struct view_counts, labels), "labels"},
	{offsetof(struct view_counts, samples), "samples"},
};

static uint32_t count_at(const struct view_counts *counts, size_t offset)
{
	return *(const uint32_t *)(const void *)((const char *)counts + offset);
}

static bool check_counts(struct view_reader *r)
{
	for (size_t i = 0; i < sizeof(count_limits) / sizeof(count_limits[0]); i++) {
		uint32_t most = count_at(&r->limits->most, count_limits[i].offset);
		if (count_at(&r->view->count, count_limits[i].offset) > most)
			return view_complain(r, -EFBIG, "more than %" PRIu32 " %s", most,
					     count_limits[i].what);
	}
	return true;
}

static void *taken(struct view_reader *r, void *memory)
{
	if (!memory && r->arena->is_full)
		view_complain(r, -EFBIG, "needs more than %zu bytes of memory", r->arena->max);
	else if (!memory)
		view_complain(r, -ENOMEM, "out of memory");
	return memory;
}

void *view_take(struct view_reader *r, size_t count, size_t size)
{
	return taken(r, arena_take_raw(r->arena, count, size));
}

static void *take_zeros(struct view_reader *r, size_t count, size_t size)
{
	return taken(r, arena_take(r->arena, count, size));
}

/* Rows that begin as zeros are those whose fields may be left out. */
static bool allocate(struct view_reader *r)
{
	struct view *v = r->view;
	const struct view_counts *n = &v->count;
	return (v->types = take_zeros(r, n->types, sizeof(*v->types))) &&
	       (v->mappings = take_zeros(r, n->mappings, sizeof(*v->mappings))) &&
	       (v->functions = take_zeros(r, n->functions, sizeof(*v->functions))) &&
	       (v->texts = view_take(r, n->texts, sizeof(*v->texts))) &&
	       (v->comments = view_take(r, n->comments, sizeof(*v->comments))) &&
	       (v->lines = view_take(r, n->lines, sizeof(*v->lines))) &&
	       (v->locations = view_take(r, n->locations, sizeof(*v->locations))) &&
	       (v->frames = view_take(r, n->frames, sizeof(*v->frames))) &&
	       (v->labels = view_take(r, n->labels, sizeof(*v->labels))) &&
	       (v->samples = view_take(r, n->samples, sizeof(*v->samples))) &&
	       (v->values = view_take(r, (size_t)n->samples * n->types, sizeof(*v->values)));
}

static bool is_text(const struct view_reader *r, uint32_t index)
{
	return index < r->view->count.texts;
}

static bool check_head(struct view_reader *r)
{
	const struct view *v = r->view;
	if (!v->count.texts || v->texts[0].size)
		return view_complain(r, -EBADMSG, "string_table[0] is not \"\"");
	bool good = is_text(r, v->drop_frames) && is_text(r, v->keep_frames) &&
		    is_text(r, v->default_type) && is_text(r, v->doc_url) &&
		    is_text(r, v->period_type.type) && is_text(r, v->period_type.unit);
	for (uint32_t i = 0; i < v->count.comments; i++)
		good = good && is_text(r, v->comments[i]);
	for (uint32_t i = 0; i < v->count.types; i++)
		good = good && is_text(r, v->types[i].type) && is_text(r, v->types[i].unit);
	return good || view_complain(r, -EBADMSG, "a text is beyond the string table");
}

static bool check_tables(struct view_reader *r)
{
	const struct view *v = r->view;
	bool good = true;
	for (uint32_t i = 0; i < v->count.mappings; i++)
		good = good && is_text(r, v->mappings[i].filename) &&
		       is_text(r, v->mappings[i].build_id);
	for (uint32_t i = 0; i < v->count.functions; i++)
		good = good && is_text(r, v->functions[i].name) &&
		       is_text(r, v->functions[i].system_name) &&
		       is_text(r, v->functions[i].filename);
	return good || view_complain(r, -EBADMSG, "a text is beyond the string table");
}

static bool walk_profile(struct view_reader *r, struct wire wire, view_visit *visit)
{
	return view_walk(r, wire, "message", visit, NULL);
}

int view_open(struct view *v, struct arena *arena, const struct view_input *input,
	      char error[VIEW_ERROR_SIZE])
{
	struct wire wire = {input->bytes, (const uint8_t *)input->bytes + input->size};
	struct view_reader reader = {.view = v,
				     .arena = arena,
				     .limits = input->limits ? input->limits : &view_limits,
				     .text = error};
	struct view_reader *r = &reader;
	*v = (struct view){0};
	arena->max = r->limits->memory;
	if (!input->size)
		view_complain(r, -EBADMSG, "empty");
	else if (walk_profile(r, wire, view_count_field) && check_counts(r) && allocate(r) &&
		 walk_profile(r, wire, view_table_field) && check_head(r) && check_tables(r) &&
		 view_ids_take(r) && walk_profile(r, wire, view_location_field) &&
		 view_ids_take_locations(r))
		walk_profile(r, wire, view_sample_field);
	return r->error;
}
