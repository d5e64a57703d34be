/* SPDX-License-Identifier: Apache-2.0 */
/* profefe_create.c -- a profile comes, as profefe's agents send it. */
#include "collector/profefe_api.h"

#include "collector/collector.h"
#include "collector/figures.h"
#include "collector/ingest.h"
#include "collector/moment.h"
#include "collector/profile_json.h"
#include "collector/request_params.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char json_type[] = "application/json";

static void answer_new(struct ingest *ingest, int error)
{
	struct text text = {0};
	size_t len;
	if (error) {
		exchange_fail(ingest->exchange, error);
		return;
	}
	text_printf(&text, "{\"code\":200,\"body\":");
	profile_json(&text, &ingest->puts[0].profile);
	text_printf(&text, "}\n");
	char *answer = text_take(&text, &len);
	exchange_send(ingest->exchange, EXCHANGE_OK, json_type, answer, len);
}

static void answer_old(struct ingest *ingest, int error)
{
	static const char answer[] = "{\"code\":200}\n";
	if (error)
		exchange_fail(ingest->exchange, error);
	else
		exchange_send(ingest->exchange, EXCHANGE_OK, json_type, strdup(answer),
			      sizeof answer - 1);
}

static void refuse(struct exchange *exchange, const char *why)
{
	figure_add(FIGURE_uploads_malformed, 1);
	exchange_refuse(exchange, EXCHANGE_BAD_REQUEST, "bad request: %s", why);
}

static void refuse_profile(struct exchange *exchange, int status, const char *why)
{
	if (status == -ENOMEM) {
		exchange_fail(exchange, status);
		return;
	}
	if (status == -EACCES) {
		exchange_refuse(exchange, EXCHANGE_FORBIDDEN, "%s", why);
		return;
	}
	figure_add(FIGURE_uploads_malformed, 1);
	exchange_refuse(exchange, status == -EFBIG ? EXCHANGE_TOO_LARGE : EXCHANGE_BAD_REQUEST,
			"malformed profile (could not parse pprof profile: %s)", why);
}

/* What both generations ask of an upload; false, and why, when it is not so. */
static bool read_upload(struct upload *upload, struct params *params,
			const struct exchange *exchange, char why[PARAMS_ERROR_SIZE])
{
	const char *created_at = query_get(&exchange->query, "created_at");
	bool good = true;
	bool is_said = *created_at != '\0';
	if (is_said && !moment_parse(created_at, moment_now(), &upload->time_ns)) {
		snprintf(why, PARAMS_ERROR_SIZE,
			 "bad \"created_at\" \"%.100s\": time in unsupported format \"%.100s\"; "
			 "understood are " MOMENT_FORMS,
			 created_at, created_at);
		good = false;
	} else if (is_said && upload->time_ns == 0) {
		snprintf(why, PARAMS_ERROR_SIZE,
			 "bad \"created_at\" \"%.100s\": the epoch itself is no time", created_at);
		good = false;
	} else if (!params_type_is_known(params->type)) {
		snprintf(why, PARAMS_ERROR_SIZE, "unknown profile type");
		good = false;
	}
	upload->service = params->query.service;
	upload->type = params->type;
	upload->labels = &params->labels;
	upload->body = exchange->body;
	upload->size = exchange->body_size;
	upload->is_opaque = strcmp(params->type, "trace") == 0;
	return good;
}

static void create(struct exchange *exchange, struct params *params,
		   void (*answer)(struct ingest *, int))
{
	char why[PARAMS_ERROR_SIZE], error[INGEST_ERROR_SIZE];
	struct upload upload = {0};
	if (!read_upload(&upload, params, exchange, why)) {
		refuse(exchange, why);
		return;
	}
	struct ingest *ingest = ingest_create(exchange, answer);
	int status = ingest ? ingest_add(ingest, &upload, error) : -ENOMEM;
	if (!status) {
		ingest_submit(ingest);
		return;
	}
	if (ingest)
		ingest_destroy(ingest);
	refuse_profile(exchange, status, error);
}

void profefe_create(struct exchange *exchange)
{
	char why[PARAMS_ERROR_SIZE];
	struct params params;
	if (params_read(&params, exchange, false, why))
		refuse(exchange, why);
	else
		create(exchange, &params, answer_new);
	params_clear(&params);
}

void profefe_create_old(struct exchange *exchange)
{
	static const char key[] = "instance_id";
	const char *instance = query_get(&exchange->query, key);
	char why[PARAMS_ERROR_SIZE];
	struct params params = {0};
	if (!*instance)
		refuse(exchange, "bad request: bad instance id \"\"");
	else if (params_read(&params, exchange, false, why))
		refuse(exchange, why);
	else if (labels_set(&params.labels, key, sizeof key - 1, instance, strlen(instance)))
		refuse(exchange, "bad instance id");
	else
		create(exchange, &params, answer_old);
	params_clear(&params);
}
