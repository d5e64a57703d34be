/* SPDX-License-Identifier: Apache-2.0 */
/* series_api.c -- totals over time, out of the index alone. */
#include "collector/series_api.h"

#include "collector/amount.h"
#include "collector/collector.h"
#include "collector/moment.h"
#include "collector/name_set.h"
#include "collector/percent.h"
#include "collector/request_params.h"
#include "collector/series_column.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	POINTS_DEFAULT = 100,
	POINTS_MAX = 11000,
	LINES_MAX = 1000,
	LIST_MAX = 400, /* bytes of the names that an error lists */
};

static const char json_type[] = "application/json";

/* Seconds: what people divide time by. */
static const int64_t steps[] = {1,     2,     5,     10,    15,	    30,	    60,
				120,   300,   600,   900,   1800,   3600,   7200,
				10800, 21600, 43200, 86400, 172800, 604800, 2592000};

struct point {
	int64_t total;
	uint64_t profiles;
};

/* What may be added up: a group's profiles of one type, by one sample type in one unit. */
struct line {
	size_t group_size, type_size; /* of its name: "GROUP\nTYPE\nSAMPLE-TYPE/UNIT" */
	struct point *points;
};

struct series_query {
	struct params params;
	const char *group_by; /* "" for none */
	struct series_columns columns;
	int64_t step_ns, first; /* steps since 1970, of which the first point is */
	size_t point_count;
	struct text name; /* the last one, so that its room is there for the next */
	struct name_set names;
	struct line *lines; /* in the order of names */
	size_t opened;	    /* of the lines, those that have points */
};

/* ---- the question -------------------------------------------------------------------------- */

/* The first that makes no more points than are wanted; as time goes on it mostly stays the same. */
static int64_t default_step(int64_t span_ns)
{
	size_t last = sizeof steps / sizeof steps[0] - 1, i = 0;
	while (i < last && steps[i] * MOMENT_SECOND < span_ns / POINTS_DEFAULT)
		i++;
	return steps[i] * MOMENT_SECOND;
}

/* Points begin at whole multiples of the step, so that they stay what they are when time goes on.
 */
static int read_step(struct series_query *series, const struct exchange *exchange,
		     char why[PARAMS_ERROR_SIZE])
{
	const struct store_query *query = &series->params.query;
	const char *text = query_get(&exchange->query, "step");
	uint64_t ms = 0;
	if (*text && (!amount_duration(text, &ms) || ms == 0)) {
		snprintf(
			why, PARAMS_ERROR_SIZE,
			"bad \"step\" \"%.100s\": a time is 30s, 5m, 1h30m or 1d, and at least 1ms",
			text);
		return -EINVAL;
	}
	series->step_ns = ms ? (int64_t)ms * 1000000 : default_step(query->to_ns - query->from_ns);
	series->first = query->from_ns / series->step_ns;
	int64_t last = query->to_ns / series->step_ns;
	if (last - series->first >= POINTS_MAX) {
		snprintf(why, PARAMS_ERROR_SIZE,
			 "bad \"step\" \"%.100s\": more than %d points: choose a longer one, or "
			 "less time",
			 text, POINTS_MAX);
		return -EINVAL;
	}
	series->point_count = (size_t)(last - series->first) + 1;
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
	series->columns.wanted = query_get(&exchange->query, "sample_type");
	series->group_by = query_get(&exchange->query, "group_by");
	return error ? error : read_step(series, exchange, why);
}

/* ---- the sums ------------------------------------------------------------------------------ */

/* Room for a line that is new, in the order of their names. */
static int open_line(struct series_query *series, size_t place, const struct line *line)
{
	struct line *lines = realloc(series->lines, (series->opened + 1) * sizeof *lines);
	if (!lines)
		return -ENOMEM;
	series->lines = lines;
	memmove(lines + place + 1, lines + place, (series->opened++ - place) * sizeof *lines);
	lines[place] = *line;
	lines[place].points = calloc(series->point_count, sizeof(struct point));
	return lines[place].points ? 0 : -ENOMEM;
}

static int find_named(struct series_query *series, const char *group,
		      const struct store_profile *profile, const struct series_value *value,
		      size_t *place)
{
	const struct line line = {strlen(group), strlen(profile->type), NULL};
	size_t before = series->names.count;
	struct text *name = &series->name;
	name->len = 0;
	text_append(name, group, line.group_size);
	text_append(name, "\n", 1);
	text_append(name, profile->type, line.type_size);
	text_append(name, "\n", 1);
	text_append(name, value->name, value->name_size);
	int error = name->failed ? -ENOMEM : name_set_add(&series->names, name->at, place);
	if (error || series->names.count == before)
		return error;
	error = open_line(series, *place, &line);
	return !error && series->names.count > LINES_MAX ? -E2BIG : error;
}

static int find_line(struct series_query *series, const struct store_profile *profile,
		     const struct series_value *value, size_t *place)
{
	struct labels labels = {0};
	const char *group = "";
	int error = 0;
	if (!strcmp(series->group_by, "service")) {
		group = profile->service;
	} else if (!strcmp(series->group_by, "type")) {
		group = profile->type;
	} else if (*series->group_by) {
		error = labels_parse(&labels, profile->labels);
		const char *label = labels_get(&labels, series->group_by);
		group = label ? label : "";
	}
	if (!error)
		error = find_named(series, group, profile, value, place);
	labels_clear(&labels);
	return error;
}

static int add(void *context, const struct store_profile *profile)
{
	struct series_query *series = context;
	struct series_value value;
	size_t place = 0;
	int error = series_column_value(&series->columns, profile, &value);
	if (!error && value.is_there)
		error = find_line(series, profile, &value, &place);
	if (error || !value.is_there)
		return error;
	int64_t step = profile->time_ns / series->step_ns - series->first;
	struct point *point = &series->lines[place].points[step];
	point->total = (int64_t)((uint64_t)point->total + (uint64_t)value.total);
	point->profiles++;
	return 0;
}

static void clear_lines(struct series_query *series)
{
	for (size_t i = 0; i < series->opened; i++)
		free(series->lines[i].points);
	free(series->lines);
	series->lines = NULL;
	series->opened = 0;
	name_set_clear(&series->names);
}

static int add_all(struct series_query *series, struct store *store)
{
	int error = store->engine->find(store, &series->params.query, add, series);
	if (error || !series_columns_choose_again(&series->columns))
		return error;
	clear_lines(series);
	return store->engine->find(store, &series->params.query, add, series);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void write_time(struct text *text, int64_t ns)
{
	text_printf(text, "%" PRId64 ".%03" PRId64, ns / MOMENT_SECOND,
		    ns % MOMENT_SECOND / 1000000);
}

static void write_points(struct text *text, const struct series_query *series,
			 const struct point *points)
{
	const char *between = "";
	for (size_t i = 0; i < series->point_count; i++) {
		if (points[i].profiles == 0)
			continue;
		text_printf(text, "%s[", between);
		write_time(text, (series->first + (int64_t)i) * series->step_ns);
		text_printf(text, ",%" PRId64 ",%" PRIu64 "]", points[i].total, points[i].profiles);
		between = ",";
	}
}

/* Nothing when it cannot be read. */
static void write_escaped(struct text *text, const char *name, size_t size)
{
	char plain[1024];
	bool is_good = size < sizeof plain && !percent_decode(plain, name, size, false);
	text_json(text, is_good ? plain : "");
}

static void write_line(struct text *text, const struct series_query *series, size_t i)
{
	const struct line *line = &series->lines[i];
	const char *group = series->names.at[i];
	const char *type = group + line->group_size + 1;
	const char *sample_type = type + line->type_size + 1;
	size_t size = strcspn(sample_type, "/");
	const char *unit = sample_type + size + (sample_type[size] == '/');
	text_printf(text, "%s{\"group\":", i ? "," : "");
	text_json_bytes(text, group, line->group_size);
	text_printf(text, ",\"type\":");
	text_json_bytes(text, type, line->type_size);
	text_printf(text, ",\"sample_type\":");
	write_escaped(text, sample_type, size);
	text_printf(text, ",\"unit\":");
	write_escaped(text, unit, strlen(unit));
	text_printf(text, ",\"step\":");
	write_time(text, series->step_ns);
	text_printf(text, ",\"points\":[");
	write_points(text, series, line->points);
	text_printf(text, "]}");
}

static void answer(struct exchange *exchange, const struct series_query *series)
{
	struct text text = {0};
	size_t len;
	text_printf(&text, "{\"code\":200,\"body\":[");
	for (size_t i = 0; i < series->opened; i++)
		write_line(&text, series, i);
	text_printf(&text, "]}\n");
	char *bytes = text_take(&text, &len);
	exchange_send(exchange, EXCHANGE_OK, json_type, bytes, len);
}

/* There is nothing, or there are only profiles with other sample types. */
static void refuse_nothing(struct exchange *exchange, const struct series_query *series)
{
	struct text list = {.max = LIST_MAX};
	int error = series_columns_list(&series->columns, &list);
	if (error)
		exchange_fail(exchange, error);
	else if (!list.at)
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
	else
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST,
				"bad request: bad \"sample_type\" \"%.60s\": there is %s",
				series->columns.wanted, list.at);
	text_clear(&list);
}

static void ask(struct exchange *exchange, struct series_query *series)
{
	int error = add_all(series, exchange->collector->store);
	if (error == -E2BIG)
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE,
				"more than %d groups: choose a service, a type or another group_by",
				LINES_MAX);
	else if (error)
		exchange_fail(exchange, error);
	else if (series->opened == 0)
		refuse_nothing(exchange, series);
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
	clear_lines(&series);
	text_clear(&series.name);
	series_columns_clear(&series.columns);
	params_clear(&series.params);
}
