/* SPDX-License-Identifier: Apache-2.0 */
/* agent_form.c -- what a Blackfire or Datadog profiler says in its upload, in all generations. */
#include "collector/agent_form.h"

#include "collector/moment.h"
#include "collector/multipart.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PARTS_MAX = 256,
};

static int complain(char error[AGENT_FORM_ERROR_SIZE], const char *what)
{
	snprintf(error, AGENT_FORM_ERROR_SIZE, "%s", what);
	return -EINVAL;
}

/* A label that is too long, or one too many, is no reason to lose a profile. */
static int set_label(struct agent_form *form, const char *key, size_t key_len, const char *value,
		     size_t value_len)
{
	int error = labels_set(&form->labels, key, key_len, value, value_len);
	return error == -ENOMEM ? error : 0;
}

/* ---- attachments --------------------------------------------------------------------------- */

static const char *type_of(const char *name)
{
	static const struct {
		const char *name, *type;
	} known[] = {
		{"cpu", "cpu"},
		{"heap", "heap"},
		{"delta-heap", "heap"},
		{"space", "heap"},
		{"goroutine", "goroutine"},
		{"goroutines", "goroutine"},
		{"block", "block"},
		{"delta-block", "block"},
		{"mutex", "mutex"},
		{"delta-mutex", "mutex"},
		{"threadcreate", "threadcreate"},
		{"threads", "threads"},
		{"wall", "wall"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return known[i].type;
	return NULL;
}

/* "cpu.pprof" is a profile, and so is "cpu"; metrics.json, go.trace and what else comes are not. */
static bool is_profile(const char *file_name, char name[AGENT_FORM_NAME_SIZE])
{
	static const char suffix[] = ".pprof";
	size_t len = strlen(file_name);
	bool has_suffix =
		len >= sizeof suffix - 1 && !strcmp(file_name + len - (sizeof suffix - 1), suffix);
	if (has_suffix)
		len -= sizeof suffix - 1;
	if (len >= AGENT_FORM_NAME_SIZE)
		return false;
	snprintf(name, AGENT_FORM_NAME_SIZE, "%.*s", (int)len, file_name);
	return has_suffix || type_of(name);
}

static int add_profile(struct agent_form *form, const char *name, const struct multipart_part *part,
		       char error[AGENT_FORM_ERROR_SIZE])
{
	if (form->profile_count == AGENT_FORM_PROFILES_MAX)
		return complain(error, "too many profiles");
	struct agent_profile *profile = &form->profiles[form->profile_count++];
	snprintf(profile->name, sizeof profile->name, "%s", name);
	profile->type = type_of(name);
	profile->body = part->body;
	profile->size = part->size;
	return 0;
}

/* ---- the event ----------------------------------------------------------------------------- */

/* "key:value,key:value"; a value may hold colons, and nothing is escaped. */
static int read_tags(struct agent_form *form, const char *tags)
{
	int error = 0;
	while (*tags && !error) {
		size_t len = strcspn(tags, ",");
		const char *colon = memchr(tags, ':', len);
		size_t key_len = colon ? (size_t)(colon - tags) : len;
		const char *value = colon ? colon + 1 : "";
		error = set_label(form, tags, key_len, value, colon ? len - key_len - 1 : 0);
		tags += len + (tags[len] == ',');
	}
	return error;
}

static int64_t read_time(const cJSON *event, const char *key)
{
	int64_t ns;
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, key));
	return text && moment_parse(text, moment_now(), &ns) ? ns : 0;
}

static int read_event(struct agent_form *form, const struct multipart_part *part,
		      char error[AGENT_FORM_ERROR_SIZE])
{
	cJSON *event = cJSON_ParseWithLength((const char *)part->body, part->size);
	if (!cJSON_IsObject(event)) {
		cJSON_Delete(event);
		return complain(error, "the event is no JSON object");
	}
	const cJSON *tags = cJSON_GetObjectItemCaseSensitive(event, "tags_profiler");
	form->has_event = true;
	form->start_ns = read_time(event, "start");
	form->end_ns = read_time(event, "end");
	int status = cJSON_IsString(tags) ? read_tags(form, tags->valuestring) : 0;
	cJSON_Delete(event);
	return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int read_part(struct agent_form *form, const struct multipart_part *part,
		     char error[AGENT_FORM_ERROR_SIZE])
{
	char name[AGENT_FORM_NAME_SIZE];
	if (!part->is_file)
		return set_label(form, part->name, strlen(part->name), (const char *)part->body,
				 part->size);
	if (!strcmp(part->file_name, "event.json") || !strcmp(part->name, "event"))
		return read_event(form, part, error);
	if (is_profile(part->file_name, name))
		return add_profile(form, name, part, error);
	form->left_out++;
	return 0;
}

static int read_parts(struct agent_form *form, struct multipart *multipart,
		      char error[AGENT_FORM_ERROR_SIZE])
{
	struct multipart_part part;
	int got;
	for (int i = 0; (got = multipart_next(multipart, &part)) > 0; i++) {
		int status = i < PARTS_MAX ? read_part(form, &part, error)
					   : complain(error, "too many parts");
		if (status)
			return status;
	}
	return got < 0 ? complain(error, "the form is not well-formed, or cut off") : 0;
}

/* What is said of one upload only makes no series of its own. */
static void remove_passing(struct agent_form *form)
{
	static const char *const keys[] = {"profile_seq", "go_execution_traced",
					   "_dd.profiler.go_execution_trace_enabled"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		labels_remove(&form->labels, keys[i]);
}

/* Which upload of the process this is tells repetitions apart. */
static int take_sequence(struct agent_form *form)
{
	const char *runtime = labels_get(&form->labels, "runtime-id");
	const char *number = labels_get(&form->labels, "profile_seq");
	if (runtime && number &&
	    asprintf(&form->sequence, "%s/%s/%lld", runtime, number, (long long)form->start_ns) <
		    0) {
		form->sequence = NULL;
		return -ENOMEM;
	}
	remove_passing(form);
	return 0;
}

static void take_service(struct agent_form *form)
{
	static const char *const keys[] = {"application_name", "service"};
	snprintf(form->service, sizeof form->service, "unknown");
	for (size_t i = 0; i < 2; i++) {
		const char *value = labels_get(&form->labels, keys[i]);
		if (!value || !*value)
			continue;
		snprintf(form->service, sizeof form->service, "%s", value);
		break;
	}
	labels_remove(&form->labels, "application_name");
	labels_remove(&form->labels, "service");
}

int agent_form_read(struct agent_form *form, const char *content_type, const uint8_t *body,
		    size_t size, char error[AGENT_FORM_ERROR_SIZE])
{
	struct multipart multipart;
	memset(form, 0, sizeof *form);
	if (multipart_begin(&multipart, content_type, body, size))
		return complain(error, "not a multipart/form-data body");
	int status = read_parts(form, &multipart, error);
	if (!status && !form->profile_count && !form->has_event)
		status = complain(error, "there is neither a profile nor an event in it");
	if (!status)
		status = take_sequence(form);
	if (!status)
		take_service(form);
	return status;
}

void agent_form_clear(struct agent_form *form)
{
	labels_clear(&form->labels);
	free(form->sequence);
	form->sequence = NULL;
}
