/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_head.c -- what JSON answers say first: of what they are. */
#include "collector/rendering_head.h"

#include "collector/moment.h"

#include <inttypes.h>

static void put_text(struct text *text, const struct rendering *r, uint32_t number)
{
	const struct dictionary_text *t = dictionary_text_at(r->calls->texts, number);
	text_json_bytes(text, t->bytes, t->size);
}

static void put_side(struct text *text, const struct rendering *r, unsigned side)
{
	const struct rendering_side *s = &r->sides[side];
	const char *prefix = side ? "base_" : "";
	char time[MOMENT_SIZE];
	moment_format(time, s->time_ns);
	text_printf(text, ",\"%stotal\":%" PRId64, prefix,
		    calls_values_at(r->calls, 0)[side].total);
	text_printf(text, ",\"%sprofiles\":%zu,\"%stime\":\"%s\"", prefix, s->profiles, prefix,
		    time);
	text_printf(text, ",\"%sduration_ns\":%" PRId64, prefix, s->duration_ns);
}

void rendering_head(const struct rendering *r, struct text *text)
{
	text_printf(text, "{\"code\":200,\"body\":{\"sample_type\":");
	put_text(text, r, r->type);
	text_printf(text, ",\"unit\":");
	put_text(text, r, r->unit);
	for (unsigned side = 0; side < r->calls->sides; side++)
		put_side(text, r, side);
	text_printf(text, ",\"sample_types\":");
	text_append(text, r->sample_types->at, r->sample_types->len);
}
