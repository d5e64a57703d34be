/* SPDX-License-Identifier: Apache-2.0 */
/* profefe_query.c -- profiles go, as profefe's clients ask for them. */
#include "collector/profefe_api.h"

#include "collector/collector.h"
#include "collector/merge_answer.h"
#include "collector/percent.h"
#include "collector/profile_json.h"
#include "collector/request_selection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef CONPROF_VERSION
#define CONPROF_VERSION "0"
#endif

enum {
	LIST_MAX = 100000, /* profiles of one answer */
	LIST_MIB = 32,	   /* and what is said of them */
};

static const char json_type[] = "application/json";

/* ---- lists --------------------------------------------------------------------------------- */

static char *describe(const struct store_profile *profile)
{
	struct text text = {0};
	size_t len;
	profile_json(&text, profile);
	return text_take(&text, &len);
}

static void answer_list(struct exchange *exchange, const struct selection *selection)
{
	struct text text = {0};
	size_t len;
	text_printf(&text, "{\"code\":200,\"body\":[");
	for (size_t i = 0; i < selection->count; i++)
		text_printf(&text, "%s%s", i ? "," : "", selection->at[i].text);
	text_printf(&text, "]}\n");
	char *answer = text_take(&text, &len);
	exchange_send(exchange, EXCHANGE_OK, json_type, answer, len);
}

static void find(struct exchange *exchange, struct selection *selection,
		 const struct params *params)
{
	selection->most = LIST_MAX;
	selection->newest = params->limit < LIST_MAX ? params->limit : LIST_MAX;
	selection->describe = describe;
	selection->text_max = LIST_MIB << 20;
	int error = selection_find(selection, exchange->collector->store, &params->query);
	if (selection->too_many)
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE,
				"more than %d profiles, or %d MiB: choose less time, labels or a "
				"limit",
				LIST_MAX, LIST_MIB);
	else if (error)
		exchange_fail(exchange, error);
	else if (selection->count == 0)
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
	else
		answer_list(exchange, selection);
}

void profefe_list(struct exchange *exchange)
{
	char why[PARAMS_ERROR_SIZE];
	struct params params;
	struct selection selection = {0};
	if (params_read_query(&params, exchange, false, why)) {
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
	} else {
		if (!params_type_is_known(params.type))
			params.query.type = NULL; /* profefe: unknown is any */
		find(exchange, &selection, &params);
	}
	selection_clear(&selection);
	params_clear(&params);
}

/* ---- merges -------------------------------------------------------------------------------- */

static void merge(struct exchange *exchange, const struct params *params, const char *file_name)
{
	struct selection selection = {0};
	struct answer_wish wish;
	if (answer_wish_read(&wish, exchange) &&
	    request_selection_find(exchange, params, "", &selection))
		merge_answer(exchange, &selection, &wish, file_name);
	selection_clear(&selection);
}

static void merge_request(struct exchange *exchange, const char *file_name)
{
	char why[PARAMS_ERROR_SIZE];
	struct params params;
	if (params_read_query(&params, exchange, false, why))
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
	else
		merge(exchange, &params, file_name ? file_name : params.type);
	params_clear(&params);
}

void profefe_merge(struct exchange *exchange)
{
	merge_request(exchange, NULL);
}

void profefe_merge_old(struct exchange *exchange)
{
	merge_request(exchange, "profile");
}

/* ---- by id --------------------------------------------------------------------------------- */

/* The path is decoded twice, as profefe does it. */
static char *ids_of(const struct exchange *exchange)
{
	static const char prefix[] = "/api/0/profiles/";
	char *ids = strdup(exchange->path + sizeof prefix - 1);
	for (int i = 0; i < 2 && ids; i++) {
		if (!percent_decode(ids, ids, strlen(ids), false))
			continue;
		free(ids);
		return NULL;
	}
	return ids;
}

void profefe_get(struct exchange *exchange)
{
	struct selection selection = {0};
	struct answer_wish wish;
	char name[256];
	char *ids = ids_of(exchange);
	if (!ids) {
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "invalid URL escape");
		return;
	}
	snprintf(name, sizeof name, "%s", ids);
	if (!request_selection_split(&selection, ids, "+"))
		exchange_refuse(exchange, EXCHANGE_FAILED, "internal server error");
	else if (answer_wish_read(&wish, exchange))
		merge_answer(exchange, &selection, &wish, name);
	free(ids);
	selection_clear(&selection);
}

void profefe_version(struct exchange *exchange)
{
	static const char answer[] =
		"{\"code\":200,\"body\":{\"version\":\"" CONPROF_VERSION
		"\",\"commit\":\"\",\"build_time\":\"\",\"go_version\":\"\"}}\n";
	exchange_send(exchange, EXCHANGE_OK, json_type, strdup(answer), sizeof answer - 1);
}
