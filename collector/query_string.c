/* SPDX-License-Identifier: Apache-2.0 */
/* query_string.c -- what stands behind the ? of a URL, as Go's net/url reads it. */
#include "collector/query_string.h"

#include "collector/percent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Decodes a pair in place: it only shrinks. */
static void take_pair(struct query_string *query, char *pair)
{
	if (*pair == '\0' || strchr(pair, ';') || query->count == QUERY_PAIRS_MAX)
		return;
	query->has_nul |= strstr(pair, "%00") != NULL;
	char *value = strchr(pair, '=');
	if (value)
		*value++ = '\0';
	if (percent_decode(pair, pair, strlen(pair), true) ||
	    (value && percent_decode(value, value, strlen(value), true)))
		return;
	query->pairs[query->count].key = pair;
	query->pairs[query->count++].value = value ? value : "";
}

int query_parse(struct query_string *query, const char *text)
{
	memset(query, 0, sizeof *query);
	query->text = strdup(text ? text : "");
	if (!query->text)
		return -ENOMEM;
	for (char *pair = query->text; pair;) {
		char *next = strchr(pair, '&');
		if (next)
			*next++ = '\0';
		take_pair(query, pair);
		pair = next;
	}
	return 0;
}

void query_clear(struct query_string *query)
{
	free(query->text);
	memset(query, 0, sizeof *query);
}

const char *query_get(const struct query_string *query, const char *key)
{
	for (size_t i = 0; i < query->count; i++)
		if (!strcmp(query->pairs[i].key, key))
			return query->pairs[i].value;
	return "";
}
