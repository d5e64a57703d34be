/* SPDX-License-Identifier: Apache-2.0 */
/* answer_wish.c -- as what a request wants to have merged profiles. */
#include "collector/answer_wish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	NODES_DEFAULT = 8192,
	NODES_MAX = 1000000,
};

static const char json_type[] = "application/json";
static const char text_type[] = "text/plain; charset=utf-8";

static const struct answer_format pprof = {.name = "pprof"};
static const struct answer_format flame = {"flame",	    json_type,	   NULL,
					   rendering_flame, NODES_DEFAULT, FIGURE_answers_flame};
static const struct answer_format top = {"top",		json_type,     NULL,
					 rendering_top, NODES_DEFAULT, FIGURE_answers_top};
static const struct answer_format folded = {"folded",	      text_type, ".folded",
					    rendering_folded, NODES_MAX, FIGURE_answers_folded};
static const struct answer_format speedscope = {"speedscope",	    json_type,
						".speedscope.json", rendering_speedscope,
						NODES_MAX,	    FIGURE_answers_speedscope};

/* The first one is the default. */
static const struct answer_format *const of_merge[] = {&pprof,	&top,	     &flame,
						       &folded, &speedscope, NULL};
static const struct answer_format *const of_diff[] = {&flame, &top, &folded, NULL};

static bool refuse_format(struct exchange *exchange, const char *name,
			  const struct answer_format *const *formats)
{
	struct text list = {0};
	for (const char *between = ""; *formats; formats++, between = ", ")
		text_printf(&list, "%s%s", between, (*formats)->name);
	exchange_refuse(exchange, EXCHANGE_BAD_REQUEST,
			"bad request: bad \"format\" \"%.100s\": there is %s", name,
			list.at ? list.at : "");
	text_clear(&list);
	return false;
}

static bool read_format(struct answer_wish *wish, struct exchange *exchange,
			const struct answer_format *const *formats)
{
	const char *name = query_get(&exchange->query, "format");
	wish->format = formats[0];
	if (!*name)
		return true;
	for (size_t i = 0; formats[i]; i++) {
		wish->format = formats[i];
		if (!strcmp(name, formats[i]->name))
			return true;
	}
	return refuse_format(exchange, name, formats);
}

static bool read_nodes(struct answer_wish *wish, struct exchange *exchange)
{
	const char *text = query_get(&exchange->query, "nodes");
	char *end;
	errno = 0;
	unsigned long nodes = strtoul(text, &end, 10);
	wish->nodes = wish->format->nodes;
	if (!*text)
		return true;
	if (*text < '0' || *text > '9' || *end || errno || nodes < OUTLINE_LEAST ||
	    nodes > NODES_MAX) {
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST,
				"bad request: bad \"nodes\" \"%.100s\": not a number from %d to %d",
				text, OUTLINE_LEAST, NODES_MAX);
		return false;
	}
	wish->nodes = (uint32_t)nodes;
	return true;
}

static bool read_mode(struct answer_wish *wish, struct exchange *exchange)
{
	const char *mode = query_get(&exchange->query, "mode");
	wish->is_normalised = !strcmp(mode, "normalised") || !strcmp(mode, "normalized");
	if (!*mode || wish->is_normalised || !strcmp(mode, "absolute"))
		return true;
	exchange_refuse(exchange, EXCHANGE_BAD_REQUEST,
			"bad request: bad \"mode\" \"%.100s\": there is absolute, normalised",
			mode);
	return false;
}

static bool read_wish(struct answer_wish *wish, struct exchange *exchange,
		      const struct answer_format *const *formats)
{
	*wish = (struct answer_wish){.sample_type = query_get(&exchange->query, "sample_type")};
	return read_format(wish, exchange, formats) && read_nodes(wish, exchange);
}

bool answer_wish_read(struct answer_wish *wish, struct exchange *exchange)
{
	return read_wish(wish, exchange, of_merge);
}

bool answer_wish_read_diff(struct answer_wish *wish, struct exchange *exchange)
{
	return read_wish(wish, exchange, of_diff) && read_mode(wish, exchange);
}
