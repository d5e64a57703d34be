/* SPDX-License-Identifier: Apache-2.0 */
/* pyroscope_api.c -- what conprofd is to Pyroscope's clients that send pprof.
 *
 * The body is a pprof when the query says format=pprof, and otherwise a form with the file
 * "profile". Other formats of Pyroscope are refused.
 */
#include "collector/pyroscope_api.h"

#include "collector/figures.h"
#include "collector/ingest.h"
#include "collector/moment.h"
#include "collector/multipart.h"
#include "collector/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char json_type[] = "application/json";

static void refuse(struct exchange *exchange, unsigned status, const char *why)
{
	struct text text = {0};
	size_t len;
	figure_add(FIGURE_uploads_malformed, 1);
	text_printf(&text, "{\"code\":%u,\"message\":", status);
	text_json(&text, why);
	text_append(&text, "}\n", 2);
	char *answer = text_take(&text, &len);
	exchange_send(exchange, status, json_type, answer, len);
}

static void answer(struct ingest *ingest, int error)
{
	if (error)
		exchange_fail(ingest->exchange, error);
	else
		exchange_send(ingest->exchange, EXCHANGE_OK, NULL, NULL, 0);
}

/* ---- the name ------------------------------------------------------------------------------ */

static int set_label(struct labels *labels, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	size_t key_len = equals ? (size_t)(equals - pair) : 0;
	if (!key_len)
		return -EINVAL;
	/* Those are Pyroscope's own. */
	if (key_len > 2 && !strncmp(pair, "__", 2))
		return 0;
	return labels_set(labels, pair, key_len, equals + 1, len - key_len - 1);
}

/* "service{key=value,key=value}", the braces optional. */
static int read_name(const char *name, char service[STORE_TEXT_MAX], struct labels *labels)
{
	size_t len = strcspn(name, "{");
	int error = len && len < STORE_TEXT_MAX ? 0 : -EINVAL;
	const char *at = name + len + (name[len] == '{');
	size_t left = strlen(at);
	if (!error)
		snprintf(service, STORE_TEXT_MAX, "%.*s", (int)len, name);
	if (!error && name[len] == '{' && (!left || at[--left] != '}'))
		error = -EINVAL;
	while (!error && left) {
		const char *comma = memchr(at, ',', left);
		size_t pair_len = comma ? (size_t)(comma - at) : left;
		error = set_label(labels, at, pair_len);
		at += pair_len + (comma != NULL);
		left -= pair_len + (comma != NULL);
	}
	return error;
}

/* ---- the profile --------------------------------------------------------------------------- */

/* Profiles of blocking and of locks have the same sample types; what tells them is how the client
 * wants the first one to be shown. NULL: the sample types say enough. */
static const char *type_in(const struct multipart_part *part)
{
	cJSON *config = cJSON_ParseWithLength((const char *)part->body, part->size);
	const char *shown = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(config, "contentions"), "display-name"));
	const char *type = shown && !strcmp(shown, "block_count") ? "block" : NULL;
	cJSON_Delete(config);
	return type;
}

/* 0, or what is wrong with the form. */
static const char *find_file(struct upload *upload, const struct exchange *exchange)
{
	struct multipart multipart;
	struct multipart_part part;
	int got;
	if (multipart_begin(&multipart, exchange->content_type, exchange->body,
			    exchange->body_size))
		return "only pprof is understood: format=pprof, or a form with the file profile";
	while ((got = multipart_next(&multipart, &part)) > 0) {
		if (!part.is_file)
			continue;
		if (!strcmp(part.name, "prev_profile") && part.size)
			return "unsupported client version: prev_profile";
		if (!strcmp(part.name, "sample_type_config"))
			upload->type = type_in(&part);
		if (strcmp(part.name, "profile") != 0)
			continue;
		upload->body = part.body;
		upload->size = part.size;
	}
	return got < 0	      ? "the form is not well-formed, or cut off"
	       : upload->body ? NULL
			      : "there is no file profile in the form";
}

static const char *find_profile(struct upload *upload, const struct exchange *exchange)
{
	const char *format = query_get(&exchange->query, "format");
	if (!*format)
		return find_file(upload, exchange);
	if (strcmp(format, "pprof") != 0)
		return "only pprof is understood";
	upload->body = exchange->body;
	upload->size = exchange->body_size;
	return NULL;
}

static void store(struct exchange *exchange, const struct upload *upload)
{
	char error[INGEST_ERROR_SIZE];
	struct ingest *ingest = ingest_create(exchange, answer);
	int status = ingest ? ingest_add(ingest, upload, error) : -ENOMEM;
	if (!status || status == -ENODATA) { /* an empty one is fine, and nothing */
		ingest_submit(ingest);
		return;
	}
	if (ingest)
		ingest_destroy(ingest);
	if (status == -ENOMEM)
		exchange_fail(exchange, status);
	else if (status == -EACCES)
		exchange_refuse(exchange, EXCHANGE_FORBIDDEN, "%s", error);
	else
		refuse(exchange, EXCHANGE_UNPROCESSABLE, error);
}

void pyroscope_ingest(struct exchange *exchange)
{
	char service[STORE_TEXT_MAX];
	struct labels labels = {0};
	struct upload upload = {.service = service, .labels = &labels};
	const char *spy = query_get(&exchange->query, "spyName");
	const char *name = query_get(&exchange->query, "name");
	int error = read_name(name, service, &labels);
	if (!error && *spy)
		error = labels_set(&labels, "pyroscope_spy", strlen("pyroscope_spy"), spy,
				   strlen(spy));
	const char *wrong = error ? NULL : find_profile(&upload, exchange);
	if (!moment_parse(query_get(&exchange->query, "from"), moment_now(), &upload.time_ns))
		upload.time_ns = 0;
	if (error)
		refuse(exchange, EXCHANGE_BAD_REQUEST, "bad name");
	else if (wrong)
		refuse(exchange, EXCHANGE_UNPROCESSABLE, wrong);
	else
		store(exchange, &upload);
	labels_clear(&labels);
}
