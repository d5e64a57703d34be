/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c -- a parcel as the body of an upload to a Blackfire or Datadog agent.
 *
 * The form is the one the agents' older clients send, gzip inside, because agents of 2023 know no
 * zstd, and the event last.
 */
#include "transport/agent.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Profilers of compiled programs call family, language and runtime "native"; an agent files a
 * profile by them, and a program in any language may be under us. A tag of the parcel wins. */
static const char family[] = "native";
static const char version[] = "4";
static const struct {
	const char *key;
	const char *value;
} constants[] = {
	{"language", "native"},
	{"runtime", "native"},
	{"runtime_os", "linux"},
	{"runtime_arch", "amd64"},
};

/* Our heap profile has this period's allocations, not those since the start: a delta. */
static const struct {
	const char *type;
	const char *name;
} names[] = {
	{"heap", "delta-heap"},
};

enum {
	TAG_PART_SIZE = 3 * PARCEL_VALUE_MAX + 1, /* each byte may become a U+FFFD */
	PART_SIZE = 512,			  /* headers of one part, generously */
	BOUNDARY_SIZE = 40,
};

struct text {
	char *at;
	size_t used, size;
};

static void append(struct text *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(text->at + text->used, text->size - text->used, format, arguments);
	va_end(arguments);
	if (len > 0 && (size_t)len < text->size - text->used)
		text->used += (size_t)len;
}

static const char *name_of(const char *type)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i].type, type))
			return names[i].name;
	return type;
}

/* Length of the well-formed UTF-8 sequence at s, 0 when there is none (Unicode 15, table 3-7). */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char first, last, low, high, length;
	} rows[] = {
		{0x01, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	size_t row = 0;
	while (row < sizeof rows / sizeof *rows && (*s < rows[row].first || *s > rows[row].last))
		row++;
	if (row == sizeof rows / sizeof *rows)
		return 0;
	size_t length = rows[row].length;
	if (length > 1 && (s[1] < rows[row].low || s[1] > rows[row].high))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return length;
}

/* The list of tags is split at commas, a tag at its first colon, and nothing can be escaped: what
 * would split becomes an underscore, what is no UTF-8 a U+FFFD. */
static void clean(char to[TAG_PART_SIZE], const char *from, bool is_key)
{
	const unsigned char *s = (const unsigned char *)from;
	size_t used = 0;
	while (*s && used + 4 < TAG_PART_SIZE) {
		size_t length = utf8_length(s);
		bool splits = *s == ',' || *s < ' ' || *s == 0x7f ||
			      (length == 2 && *s == 0xc2 && s[1] < 0xa0) || /* C1 controls */
			      (is_key && (*s == ':' || *s == ' '));
		const void *bytes = splits ? "_" : length ? (const void *)s : "\xef\xbf\xbd";
		size_t count = splits ? 1 : length ? length : 3;
		memcpy(to + used, bytes, count);
		used += count;
		s += length ? length : 1;
	}
	to[used] = 0;
}

static void append_tag(struct text *text, const char *key, const char *value)
{
	size_t before = text->used;
	if (!*key || !*value || text->size - text->used < 2 * TAG_PART_SIZE + 3)
		return;
	if (before)
		text->at[text->used++] = ',';
	clean(text->at + text->used, key, true);
	text->used += strlen(text->at + text->used);
	text->at[text->used++] = ':';
	clean(text->at + text->used, value, false);
	text->used += strlen(text->at + text->used);
}

static void append_automatic_tag(struct text *text, const struct parcel *parcel, const char *key,
				 const char *value)
{
	if (!parcel_tag(parcel, key))
		append_tag(text, key, value);
}

/* Each key once: readers differ in which of several they believe. */
static char *make_tags(const struct parcel *parcel)
{
	char number[24];
	size_t tag_count = parcel->tag_count + sizeof constants / sizeof *constants + 4;
	struct text text = {.size = (tag_count + 1) * (2 * TAG_PART_SIZE + 3)};
	text.at = calloc(1, text.size);
	if (!text.at)
		return NULL;
	/* Blackfire's Go probe names the application by the first, everybody else by the second. */
	append_automatic_tag(&text, parcel, "application_name", parcel->service);
	append_automatic_tag(&text, parcel, "service", parcel->service);
	for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
		append_automatic_tag(&text, parcel, constants[i].key, constants[i].value);
	snprintf(number, sizeof number, "%" PRIu32, parcel->pid);
	append_automatic_tag(&text, parcel, "process_id", number);
	snprintf(number, sizeof number, "%" PRIu64, parcel->seq);
	append_automatic_tag(&text, parcel, "profile_seq", number);
	for (size_t i = 0; i < parcel->tag_count; i++)
		append_tag(&text, parcel->tags[i].key, parcel->tags[i].value);
	return text.at;
}

static cJSON *add_time(cJSON *event, const char *key, uint64_t time_ns)
{
	char text[40];
	struct tm tm = {0};
	time_t seconds = (time_t)(time_ns / 1000000000);
	gmtime_r(&seconds, &tm);
	size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof text - len, ".%09uZ", (unsigned)(time_ns % 1000000000));
	return cJSON_AddStringToObject(event, key, text);
}

static bool add_attachments(cJSON *event, const struct parcel *parcel)
{
	char name[PARCEL_TYPE_MAX + 16];
	cJSON *array = cJSON_AddArrayToObject(event, "attachments");
	for (size_t i = 0; array && i < parcel->profile_count; i++) {
		snprintf(name, sizeof name, "%s.pprof", name_of(parcel->profiles[i].type));
		cJSON *string = cJSON_CreateString(name);
		if (!string)
			return false;
		cJSON_AddItemToArray(array, string);
	}
	return array != NULL;
}

/* The event as text from malloc, or NULL. */
static char *make_event(const struct parcel *parcel)
{
	char *tags = make_tags(parcel);
	cJSON *event = cJSON_CreateObject();
	char *text = NULL;
	if (tags && event && cJSON_AddStringToObject(event, "version", version) &&
	    cJSON_AddStringToObject(event, "family", family) &&
	    add_time(event, "start", parcel->start_ns) && add_time(event, "end", parcel->end_ns) &&
	    add_attachments(event, parcel) && cJSON_AddStringToObject(event, "tags_profiler", tags))
		text = cJSON_PrintUnformatted(event);
	cJSON_Delete(event);
	free(tags);
	return text;
}

/* The splitmix64 sequence: enough to make boundaries differ. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool occurs(const struct parcel *parcel, const char *event, const char *boundary)
{
	size_t len = strlen(boundary);
	for (size_t i = 0; i < parcel->profile_count; i++)
		if (memmem(parcel->profiles[i].bytes, parcel->profiles[i].size, boundary, len))
			return true;
	return strstr(event, boundary) != NULL;
}

static void make_boundary(char boundary[BOUNDARY_SIZE], const struct parcel *parcel,
			  const char *event, uint64_t random)
{
	do {
		uint64_t high = next_random(&random);
		snprintf(boundary, BOUNDARY_SIZE, "%016" PRIx64 "%016" PRIx64, high,
			 next_random(&random));
	} while (occurs(parcel, event, boundary));
}

static void add_segment(struct agent_body *body, const void *bytes, size_t size)
{
	body->segments[body->segment_count++] = (struct iovec){(void *)bytes, size};
}

static void compose(struct agent_body *body, struct text *text, const struct parcel *parcel,
		    const char *boundary)
{
	for (size_t i = 0; i < parcel->profile_count; i++) {
		const char *name = name_of(parcel->profiles[i].type);
		size_t from = text->used;
		append(text,
		       "%s--%s\r\nContent-Disposition: form-data; name=\"%s.pprof\"; "
		       "filename=\"%s.pprof\"\r\nContent-Type: application/octet-stream\r\n\r\n",
		       i ? "\r\n" : "", boundary, name, name);
		add_segment(body, text->at + from, text->used - from);
		add_segment(body, parcel->profiles[i].bytes, parcel->profiles[i].size);
	}
}

int agent_encode(struct agent_body *body, const struct parcel *parcel, uint64_t random)
{
	char boundary[BOUNDARY_SIZE];
	memset(body, 0, sizeof *body);
	if (!parcel->profile_count)
		return -ENODATA;
	char *event = make_event(parcel);
	if (!event)
		return -ENOMEM;
	make_boundary(boundary, parcel, event, random);
	struct text text = {.size = (parcel->profile_count + 1) * PART_SIZE + strlen(event)};
	text.at = malloc(text.size);
	if (text.at) {
		compose(body, &text, parcel, boundary);
		size_t from = text.used;
		append(&text,
		       "\r\n--%s\r\nContent-Disposition: form-data; name=\"event\"; "
		       "filename=\"event.json\"\r\nContent-Type: application/json\r\n\r\n"
		       "%s\r\n--%s--\r\n",
		       boundary, event, boundary);
		add_segment(body, text.at + from, text.used - from);
		body->text = text.at;
		snprintf(body->content_type, sizeof body->content_type,
			 "multipart/form-data; boundary=%s", boundary);
	}
	cJSON_free(event);
	return text.at ? 0 : -ENOMEM;
}

void agent_release(struct agent_body *body)
{
	free(body->text);
	memset(body, 0, sizeof *body);
}
