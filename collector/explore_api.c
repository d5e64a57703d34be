/* SPDX-License-Identifier: Apache-2.0 */
/* explore_api.c -- what there is to ask for: services, types, labels and their values. */
#include "collector/explore_api.h"

#include "collector/collector.h"
#include "collector/name_set.h"
#include "collector/percent.h"
#include "collector/request_params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char json_type[] = "application/json";

struct exploration {
	struct name_set names;
	char *key; /* of which the values are wanted */
};

static int add_service(void *context, const struct store_profile *profile)
{
	struct exploration *exploration = context;
	size_t place;
	return name_set_add(&exploration->names, profile->service, &place);
}

static int add_keys(void *context, const struct store_profile *profile)
{
	struct exploration *exploration = context;
	struct labels labels = {0};
	size_t place;
	int error = labels_parse(&labels, profile->labels);
	for (size_t i = 0; i < labels.count && !error; i++)
		error = name_set_add(&exploration->names, labels.at[i].key, &place);
	labels_clear(&labels);
	return error;
}

static int add_value(void *context, const struct store_profile *profile)
{
	struct exploration *exploration = context;
	struct labels labels = {0};
	size_t place;
	int error = labels_parse(&labels, profile->labels);
	const char *value = error ? NULL : labels_get(&labels, exploration->key);
	if (value)
		error = name_set_add(&exploration->names, value, &place);
	labels_clear(&labels);
	return error;
}

/* "TYPE SAMPLE-TYPES", so that equal ones are one. */
static int add_type(void *context, const struct store_profile *profile)
{
	struct exploration *exploration = context;
	char *name;
	size_t place;
	if (asprintf(&name, "%s\n%s", profile->type, profile->sample_types) < 0)
		return -ENOMEM;
	int error = name_set_add(&exploration->names, name, &place);
	free(name);
	return error;
}

static void write_names(struct text *text, const struct exploration *exploration)
{
	name_set_json(text, &exploration->names);
}

static void write_sample_types(struct text *text, const char *sample_types)
{
	char name[1024];
	for (int i = 0; *sample_types; i++) {
		size_t len = strcspn(sample_types, ",");
		text_append(text, ",", i > 0);
		if (len < sizeof name && !percent_decode(name, sample_types, len, false))
			text_json(text, name);
		else
			text_append(text, "\"\"", 2);
		sample_types += len + (sample_types[len] == ',');
	}
}

static void write_types(struct text *text, const struct exploration *exploration)
{
	const struct name_set *names = &exploration->names;
	text_append(text, "[", 1);
	for (size_t i = 0; i < names->count; i++) {
		char *sample_types = strchr(names->at[i], '\n');
		*sample_types = '\0';
		text_printf(text, "%s{\"type\":", i ? "," : "");
		text_json(text, names->at[i]);
		text_printf(text, ",\"sample_types\":[");
		write_sample_types(text, sample_types + 1);
		text_printf(text, "]}");
		*sample_types = '\n';
	}
	text_append(text, "]", 1);
}

static void answer(struct exchange *exchange, const struct exploration *exploration,
		   void (*write)(struct text *, const struct exploration *))
{
	struct text text = {0};
	size_t len;
	text_printf(&text, "{\"code\":200,\"body\":");
	write(&text, exploration);
	text_printf(&text, "}\n");
	char *bytes = text_take(&text, &len);
	exchange_send(exchange, EXCHANGE_OK, json_type, bytes, len);
}

static void explore(struct exchange *exchange, struct exploration *exploration,
		    int (*visit)(void *, const struct store_profile *),
		    void (*write)(struct text *, const struct exploration *))
{
	char why[PARAMS_ERROR_SIZE];
	struct params params;
	struct store *store = exchange->collector->store;
	if (params_read_query(&params, exchange, true, why)) {
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
	} else {
		int error = store->engine->series(store, &params.query, visit, exploration);
		if (error == -E2BIG)
			exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE,
					"more than %d names: choose a service or less time",
					NAME_SET_MAX);
		else if (error)
			exchange_fail(exchange, error);
		else if (exploration->names.count == 0)
			exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
		else
			answer(exchange, exploration, write);
	}
	name_set_clear(&exploration->names);
	params_clear(&params);
}

void explore_services(struct exchange *exchange)
{
	struct exploration exploration = {0};
	explore(exchange, &exploration, add_service, write_names);
}

void explore_types(struct exchange *exchange)
{
	struct exploration exploration = {0};
	explore(exchange, &exploration, add_type, write_types);
}

void explore_labels(struct exchange *exchange)
{
	struct exploration exploration = {0};
	explore(exchange, &exploration, add_keys, write_names);
}

void explore_values(struct exchange *exchange)
{
	static const char prefix[] = "/api/0/labels/";
	struct exploration exploration = {.key = strdup(exchange->path + sizeof prefix - 1)};
	if (!exploration.key)
		exchange_fail(exchange, -ENOMEM);
	else if (percent_decode(exploration.key, exploration.key, strlen(exploration.key), false))
		exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "invalid URL escape");
	else
		explore(exchange, &exploration, add_value, write_names);
	free(exploration.key);
}
