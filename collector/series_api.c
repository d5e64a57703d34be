/* SPDX-License-Identifier: Apache-2.0 */
/* series_api.c -- totals over time, out of the index alone. */
#include "collector/series_api.h"

#include "collector/amount.h"
#include "collector/collector.h"
#include "collector/moment.h"
#include "collector/name_set.h"
#include "collector/request_params.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	POINTS_DEFAULT = 100,
	POINTS_MAX = 11000,
	GROUPS_MAX = 1000,
};

static const char json_type[] = "application/json";

struct point {
	int64_t total;
	uint64_t profiles;
};

struct series_query {
	struct params params;
	const char *sample_type, *group_by; /* "" for none */
	int64_t step_ns;
	size_t point_count;
	struct name_set groups;
	struct point **points; /* of each group, in the order of names */
	size_t opened;	       /* of the groups, those that have points */
};

/* ---- the question -------------------------------------------------------------------------- */

static int read_step(struct series_query *series, const struct exchange *exchange,
		     char why[PARAMS_ERROR_SIZE])
{
	const struct store_query *query = &series->params.query;
	const char *text = query_get(&exchange->query, "step");
	int64_t span = query->to_ns - query->from_ns;
	uint64_t ms = 0;
	if (*text && (!amount_duration(text, &ms) || ms == 0)) {
		snprintf(why, PARAMS_ERROR_SIZE, "bad \"step\" \"%.100s\"", text);
		return -EINVAL;
	}
	/* Whole seconds, so that points of different questions fall together. */
	int64_t by_default = (span / POINTS_DEFAULT / MOMENT_SECOND + 1) * MOMENT_SECOND;
	series->step_ns = ms ? (int64_t)ms * 1000000 : by_default;
	if (span / series->step_ns >= POINTS_MAX) {
		snprintf(why, PARAMS_ERROR_SIZE, "more than %d steps", POINTS_MAX);
		return -EINVAL;
	}
	series->point_count = (size_t)(span / series->step_ns) + 1;
	return 0;
}

static int read_query(struct series_query *series, const struct exchange *exchange,
		      char why[PARAMS_ERROR_SIZE])
{
	int error = params_read_query(&series->params, exchange, true, why);
	if (!error && !*query_get(&exchange->query, "from")) {
		snprintf(why, PARAMS_ERROR_SIZE, "missing \"from\"");
		error = -EINVAL;
	}
	series->sample_type = query_get(&exchange->query, "sample_type");
	series->group_by = query_get(&exchange->query, "group_by");
	return error ? error : read_step(series, exchange, why);
}

/* ---- the answer ---------------------------------------------------------------------------- */

/* Which total of a profile is meant; false when it has none of this name. */
static bool find_column(const struct series_query *series, const struct store_profile *profile,
			size_t *column)
{
	const char *at = profile->sample_types;
	size_t wanted = strlen(series->sample_type);
	if (profile->total_count == 0)
		return false;
	*column = profile->total_count - 1;
	if (!wanted)
		return true;
	for (size_t i = 0; i < profile->total_count && *at; i++) {
		if (!strncmp(at, series->sample_type, wanted) && at[wanted] == '/') {
			*column = i;
			return true;
		}
		at += strcspn(at, ",");
		at += *at == ',';
	}
	return false;
}

/* Room for a group that is new, in the order of their names. */
static int open_group(struct series_query *series, size_t place)
{
	struct point **points = realloc(series->points, (series->opened + 1) * sizeof(void *));
	if (!points)
		return -ENOMEM;
	series->points = points;
	memmove(points + place + 1, points + place, (series->opened++ - place) * sizeof(void *));
	points[place] = calloc(series->point_count, sizeof(struct point));
	return points[place] ? 0 : -ENOMEM;
}

static int find_group(struct series_query *series, const struct store_profile *profile,
		      size_t *place)
{
	struct labels labels = {0};
	const char *name = "";
	size_t before = series->groups.count;
	int error = 0;
	if (!strcmp(series->group_by, "service")) {
		name = profile->service;
	} else if (!strcmp(series->group_by, "type")) {
		name = profile->type;
	} else if (*series->group_by) {
		error = labels_parse(&labels, profile->labels);
		name = labels_get(&labels, series->group_by);
	}
	if (!error)
		error = name_set_add(&series->groups, name ? name : "", place);
	labels_clear(&labels);
	if (error || series->groups.count == before)
		return error;
	error = open_group(series, *place);
	return !error && series->groups.count > GROUPS_MAX ? -E2BIG : error;
}

static int add(void *context, const struct store_profile *profile)
{
	struct series_query *series = context;
	size_t column, place;
	if (!find_column(series, profile, &column))
		return 0;
	int error = find_group(series, profile, &place);
	if (error)
		return error;
	int64_t since = profile->time_ns - series->params.query.from_ns;
	struct point *point = &series->points[place][since / series->step_ns];
	point->total = (int64_t)((uint64_t)point->total + (uint64_t)profile->totals[column]);
	point->profiles++;
	return 0;
}

static void write_group(struct text *text, const struct series_query *series, size_t group)
{
	const char *between = "";
	text_printf(text, "%s{\"group\":", group ? "," : "");
	text_json(text, series->groups.at[group]);
	text_printf(text, ",\"points\":[");
	for (size_t i = 0; i < series->point_count; i++) {
		const struct point *point = &series->points[group][i];
		int64_t ns = series->params.query.from_ns + (int64_t)i * series->step_ns;
		if (point->profiles == 0)
			continue;
		text_printf(text, "%s[%" PRId64 ".%03" PRId64 ",%" PRId64 ",%" PRIu64 "]", between,
			    ns / MOMENT_SECOND, ns % MOMENT_SECOND / 1000000, point->total,
			    point->profiles);
		between = ",";
	}
	text_printf(text, "]}");
}

static void answer(struct exchange *exchange, const struct series_query *series)
{
	struct text text = {0};
	size_t len;
	text_printf(&text, "{\"code\":200,\"body\":[");
	for (size_t i = 0; i < series->groups.count; i++)
		write_group(&text, series, i);
	text_printf(&text, "]}\n");
	char *bytes = text_take(&text, &len);
	exchange_send(exchange, EXCHANGE_OK, json_type, bytes, len);
}

static void ask(struct exchange *exchange, struct series_query *series)
{
	struct store *store = exchange->collector->store;
	int error = store->engine->find(store, &series->params.query, add, series);
	if (error == -E2BIG)
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE, "more than %d groups",
				GROUPS_MAX);
	else if (error)
		exchange_fail(exchange, error);
	else if (series->groups.count == 0)
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
	else
		answer(exchange, series);
}

void series_get(struct exchange *exchange)
{
	char why[PARAMS_ERROR_SIZE];
	struct series_query series = {0};
	if (read_query(&series, exchange, why))
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
	else
		ask(exchange, &series);
	for (size_t i = 0; i < series.opened; i++)
		free(series.points[i]);
	free(series.points);
	name_set_clear(&series.groups);
	params_clear(&series.params);
}
