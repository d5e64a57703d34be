/* SPDX-License-Identifier: Apache-2.0 */
/* diff_api.c -- two selections of profiles, compared. */
#include "collector/diff_api.h"

#include "collector/merge_render.h"
#include "collector/request_selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct side {
	struct query_string asked; /* of the base, as if it were the only one */
	const char *what;	   /* begins what is said of it */
	struct params params;
	struct selection selection;
};

static void add_pair(struct query_string *query, const char *key, const char *value)
{
	query->pairs[query->count].key = key;
	query->pairs[query->count++].value = value;
}

/* The first value of a key counts, so what the base has itself comes before what both have. */
static void take_base(struct query_string *base, const struct query_string *query)
{
	static const char prefix[] = "base_";
	for (size_t i = 0; i < query->count; i++)
		if (!strncmp(query->pairs[i].key, prefix, sizeof prefix - 1))
			add_pair(base, query->pairs[i].key + sizeof prefix - 1,
				 query->pairs[i].value);
	for (size_t i = 0; i < query->count; i++)
		if (!strcmp(query->pairs[i].key, "service") || !strcmp(query->pairs[i].key, "type"))
			add_pair(base, query->pairs[i].key, query->pairs[i].value);
}

/* A plus is a blank here, as in every query. */
static bool find_ids(struct exchange *exchange, struct side *side, const char *ids)
{
	char *copy = strdup(ids);
	bool is_good = copy && request_selection_split(&side->selection, copy, ", ");
	if (!copy)
		exchange_fail(exchange, -ENOMEM);
	else if (!is_good)
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %sbad \"ids\"",
				side->what);
	free(copy);
	return is_good;
}

static bool find(struct exchange *exchange, struct side *side)
{
	char why[PARAMS_ERROR_SIZE];
	const char *ids = query_get(&side->asked, "ids");
	if (*ids)
		return find_ids(exchange, side, ids);
	if (!params_read_query_of(&side->params, exchange, &side->asked, false, why))
		return request_selection_find(exchange, &side->params, side->what,
					      &side->selection);
	exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s%s", side->what, why);
	return false;
}

static void compare(struct exchange *exchange, struct side sides[2])
{
	struct answer_wish wish;
	sides[0].asked = exchange->query;
	take_base(&sides[1].asked, &exchange->query);
	if (answer_wish_read_diff(&wish, exchange) && find(exchange, &sides[0]) &&
	    find(exchange, &sides[1]))
		merge_render_diff(exchange, &sides[0].selection, &sides[1].selection, &wish);
}

void diff_get(struct exchange *exchange)
{
	struct side sides[2] = {{.what = ""}, {.what = "base: "}};
	compare(exchange, sides);
	for (size_t i = 0; i < 2; i++) {
		selection_clear(&sides[i].selection);
		params_clear(&sides[i].params);
	}
}
