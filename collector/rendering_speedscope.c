/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_speedscope.c -- a tree of calls as speedscope's file format, a profile of samples. */
#include "collector/rendering.h"
#include "collector/rendering_names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#ifndef CONPROF_VERSION
#define CONPROF_VERSION "0"
#endif

/* What speedscope knows; everything else is "none". */
static const char *unit_of(const struct rendering *r)
{
	static const char *const units[] = {"bytes", "microseconds", "milliseconds", "nanoseconds",
					    "seconds"};
	const struct dictionary_text *unit = dictionary_text_at(r->calls->texts, r->unit);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (unit->size == strlen(units[i]) && !memcmp(unit->bytes, units[i], unit->size))
			return units[i];
	return "none";
}

static void put_type(const struct rendering *r, struct text *text)
{
	const struct dictionary_text *type = dictionary_text_at(r->calls->texts, r->type);
	text_json_bytes(text, type->bytes, type->size);
}

/* The frames of each node that took something itself, the outermost first; path is by depth. */
static void put_samples(const struct outline *o, struct rendering_names *names, uint32_t *path,
			struct text *text)
{
	const char *between = "";
	for (uint32_t i = 0; i < o->count && !text->failed; i++) {
		uint32_t depth = o->nodes[i].depth;
		if (depth)
			path[depth] = rendering_names_use(names, o->nodes[i].name);
		if (!outline_values_at(o, i)->self)
			continue;
		text_append(text, between, strlen(between));
		for (uint32_t d = 1; d <= depth; d++) {
			text_append(text, d > 1 ? "," : "[", 1);
			text_number(text, path[d]);
		}
		text_append(text, "]", 1);
		between = ",\n";
	}
}

static void put_weights(const struct outline *o, struct text *text)
{
	const char *between = "";
	for (uint32_t i = 0; i < o->count && !text->failed; i++) {
		if (!outline_values_at(o, i)->self)
			continue;
		text_append(text, between, strlen(between));
		text_number(text, outline_values_at(o, i)->self);
		between = ",";
	}
}

static void put_frames(const struct rendering_names *names, struct text *text)
{
	const struct calls *c = names->calls;
	for (uint32_t i = 0; i < names->count; i++) {
		uint32_t number = names->names[i];
		struct dictionary_text name = rendering_name(c, number);
		text_append(text, ",\n", i ? 2 : 0);
		text_append(text, "{\"name\":", 8);
		text_json_bytes(text, name.bytes, name.size);
		uint32_t file = calls_place_of(c, number).file;
		if (file) {
			name = rendering_name(c, file);
			text_append(text, ",\"file\":", 8);
			text_json_bytes(text, name.bytes, name.size);
		}
		text_append(text, "}", 1);
	}
}

static void put_all(const struct rendering *r, const struct outline *o,
		    struct rendering_names *names, uint32_t *path, struct text *text)
{
	text_printf(text, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
			  "\"exporter\":\"conprofd " CONPROF_VERSION "\",\"name\":");
	put_type(r, text);
	text_printf(text,
		    ",\"activeProfileIndex\":0,\"profiles\":[{\"type\":\"sampled\",\"name\":");
	put_type(r, text);
	text_printf(text,
		    ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" PRId64 ",\n\"samples\":[\n",
		    unit_of(r), outline_values_at(o, 0)->total);
	put_samples(o, names, path, text);
	text_printf(text, "],\n\"weights\":[");
	put_weights(o, text);
	text_printf(text, "]}],\n\"shared\":{\"frames\":[\n");
	put_frames(names, text);
	text_printf(text, "]}}\n");
}

int rendering_speedscope(const struct rendering *r, struct text *text)
{
	struct rendering_names names = {0};
	struct outline outline;
	uint32_t *path = NULL;
	int error = outline_open(&outline, r->calls, r->most);
	if (!error)
		error = rendering_names_open(&names, r->calls);
	if (!error && !(path = calloc(outline.depth + 1UL, sizeof(*path))))
		error = -ENOMEM;
	if (!error)
		put_all(r, &outline, &names, path, text);
	free(path);
	rendering_names_close(&names);
	outline_close(&outline);
	return error;
}
