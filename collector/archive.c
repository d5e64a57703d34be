/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c -- profiles in a tar: for each two files, first what is known of it, then its bytes. */
#include "collector/archive.h"

#include "collector/inflate.h"
#include "collector/moment.h"
#include "collector/text.h"
#include "encoder/utf8.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	PART_MAX = 60, /* bytes of a service or type in a path */
	DESCRIPTION_MAX = 1 << 20,
	TIME_SIZE = 48,
};

/* ---- writing ------------------------------------------------------------------------------- */

/* A name as a part of a path: what a file system or a shell would stumble over is an underscore. */
static void make_part(char part[PART_MAX + 1], const char *name)
{
	size_t len = 0;
	for (; name[len] && len < PART_MAX; len++) {
		bool is_plain = isalnum((unsigned char)name[len]) || name[len] == '-' ||
				name[len] == '_' || (name[len] == '.' && len > 0);
		part[len] = '_';
		if (is_plain)
			part[len] = name[len];
	}
	part[len] = '\0';
}

static const char *ending(const struct store_profile *profile, const uint8_t *body)
{
	if (!*profile->sample_types)
		return profile->type[0] == 't' ? "trace" : "bin";
	switch (inflate_format(body, (size_t)profile->size)) {
	case INFLATE_GZIP:
		return "pb.gz";
	case INFLATE_ZSTD:
		return "pb.zst";
	default:
		return "pb";
	}
}

/* With its nanoseconds: 2006-01-02T15:04:05.123456789Z. */
static void format_time(char text[TIME_SIZE], int64_t ns)
{
	char whole[MOMENT_SIZE];
	moment_format(whole, ns);
	snprintf(text, TIME_SIZE, "%.*s.%09" PRId64 "Z", (int)strcspn(whole, "Z"), whole,
		 ns % MOMENT_SECOND);
}

static void write_labels(struct text *text, const char *written)
{
	struct labels labels = {0};
	text_append(text, "{", 1);
	if (labels_parse(&labels, written))
		labels_clear(&labels);
	for (size_t i = 0; i < labels.count; i++) {
		text_append(text, ",", i > 0);
		text_json(text, labels.at[i].key);
		text_append(text, ":", 1);
		text_json(text, labels.at[i].value);
	}
	text_append(text, "}", 1);
	labels_clear(&labels);
}

static void write_key(char hex[2 * STORE_KEY_SIZE + 1], const uint8_t key[STORE_KEY_SIZE])
{
	for (size_t i = 0; i < STORE_KEY_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", key[i]);
}

static char *describe(const struct store_profile *profile, const char *key, size_t *size)
{
	char time[TIME_SIZE], arrived[TIME_SIZE];
	struct text text = {0};
	format_time(time, profile->time_ns);
	format_time(arrived, profile->arrived_ns);
	text_printf(&text, "{\"service\":");
	text_json(&text, profile->service);
	text_printf(&text, ",\"type\":");
	text_json(&text, profile->type);
	text_printf(&text, ",\"labels\":");
	write_labels(&text, profile->labels);
	text_printf(&text,
		    ",\"time\":\"%s\",\"duration_ns\":%" PRId64
		    ",\"arrived\":\"%s\",\"key\":\"%s\"}\n",
		    time, profile->duration_ns, arrived, key);
	return text_take(&text, size);
}

int archive_put(FILE *to, const char *day, const struct store_profile *profile, const uint8_t *body)
{
	char key[2 * STORE_KEY_SIZE + 1], service[PART_MAX + 1], type[PART_MAX + 1];
	char directory[TAR_DIRECTORY_MAX + 1], name[TAR_FILE_MAX + 1], time[MOMENT_SIZE];
	size_t size;
	make_part(service, profile->service);
	make_part(type, profile->type);
	write_key(key, profile->key);
	moment_format(time, profile->time_ns);
	char *description = describe(profile, key, &size);
	if (!description)
		return -ENOMEM;
	snprintf(directory, sizeof directory, "%.8s/%s/%s", day, service, type);
	struct tar_file file = {directory, name, description, size,
				profile->time_ns / MOMENT_SECOND};
	/* Colons are no part of a file's name everywhere. */
	int stem = snprintf(name, sizeof name, "%.4s%.2s%.2sT%.2s%.2s%.2sZ-%s", time, time + 5,
			    time + 8, time + 11, time + 14, time + 17, key);
	snprintf(name + stem, sizeof name - (size_t)stem, ".json");
	int error = tar_write(to, &file);
	free(description);
	if (error)
		return error;
	snprintf(name + stem, sizeof name - (size_t)stem, ".%s", ending(profile, body));
	file.bytes = body;
	file.size = profile->size;
	return tar_write(to, &file);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int complain(char error[ARCHIVE_ERROR_SIZE], const char *what)
{
	snprintf(error, ARCHIVE_ERROR_SIZE, "%s", what);
	return -EINVAL;
}

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
	return text ? text : "";
}

static bool read_text(char out[STORE_TEXT_MAX], const cJSON *object, const char *key)
{
	char clean[3 * STORE_TEXT_MAX];
	const char *text = text_of(object, key);
	size_t len = strlen(text);
	if (len == 0 || len >= STORE_TEXT_MAX)
		return false;
	utf8_clean(clean, sizeof clean, text, len);
	snprintf(out, STORE_TEXT_MAX, "%.*s", STORE_TEXT_MAX - 1, clean);
	return strlen(clean) < STORE_TEXT_MAX;
}

static bool read_labels(struct labels *labels, const cJSON *object)
{
	const cJSON *label;
	cJSON_ArrayForEach(label, object)
	{
		const char *value = cJSON_GetStringValue(label);
		if (!value ||
		    labels_set(labels, label->string, strlen(label->string), value, strlen(value)))
			return false;
	}
	return cJSON_IsObject(object);
}

static bool read_key(uint8_t key[STORE_KEY_SIZE], const char *hex)
{
	if (strlen(hex) != 2 * (size_t)STORE_KEY_SIZE ||
	    strspn(hex, "0123456789abcdef") != 2 * (size_t)STORE_KEY_SIZE)
		return false;
	for (size_t i = 0; i < STORE_KEY_SIZE; i++) {
		const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
		key[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return true;
}

static int read_fields(struct archived *archived, const cJSON *object,
		       char error[ARCHIVE_ERROR_SIZE])
{
	const cJSON *duration = cJSON_GetObjectItemCaseSensitive(object, "duration_ns");
	int64_t now = moment_now();
	if (!cJSON_IsObject(object))
		return complain(error, "it is no JSON object");
	if (!read_text(archived->service, object, "service"))
		return complain(error, "its service is missing or too long");
	if (!read_text(archived->type, object, "type"))
		return complain(error, "its type is missing or too long");
	if (!read_labels(&archived->labels, cJSON_GetObjectItemCaseSensitive(object, "labels")))
		return complain(error, "its labels are missing, too many or too long");
	if (!read_key(archived->key, text_of(object, "key")))
		return complain(error, "its key is not 32 hex digits");
	if (!moment_parse_bound(text_of(object, "time"), now, &archived->time_ns))
		return complain(error, "its time cannot be understood");
	if (!moment_parse(text_of(object, "arrived"), now, &archived->arrived_ns) ||
	    archived->arrived_ns == 0 || archived->arrived_ns > now)
		return complain(error, "when it arrived cannot be understood, or is still to come");
	if (cJSON_IsNumber(duration) && duration->valuedouble > 0 && duration->valuedouble < 9e18)
		archived->duration_ns = (int64_t)duration->valuedouble;
	return 0;
}

/* The bytes of the entry, from malloc; NULL without memory. */
static int take_entry(struct archive *archive, uint8_t **bytes)
{
	size_t size = (size_t)archive->entry.size;
	*bytes = malloc(size + 1);
	if (!*bytes)
		return -ENOMEM;
	int error = tar_take(&archive->tar, *bytes, size);
	if (error) {
		free(*bytes);
		*bytes = NULL;
	}
	return error;
}

static int read_description(struct archive *archive, char error[ARCHIVE_ERROR_SIZE])
{
	uint8_t *bytes;
	if (archive->entry.size > DESCRIPTION_MAX)
		return complain(error, "what is known of a profile is never so much");
	int status = take_entry(archive, &bytes);
	if (status)
		return status;
	cJSON *object = cJSON_ParseWithLength((const char *)bytes, (size_t)archive->entry.size);
	status = read_fields(&archive->described, object, error);
	cJSON_Delete(object);
	free(bytes);
	return status;
}

static void forget(struct archive *archive)
{
	archive->stem[0] = '\0';
	archive->is_refused = false;
	archived_clear(&archive->described);
}

/* The length of the name without ".json", 0 when it is another file's. */
static size_t stem_length(const char *name)
{
	size_t len = strlen(name);
	return len > 5 && !strcmp(name + len - 5, ".json") ? len - 5 : 0;
}

static bool is_described(const struct archive *archive)
{
	size_t len = strlen(archive->stem);
	return len && !strncmp(archive->entry.name, archive->stem, len) &&
	       archive->entry.name[len] == '.';
}

static int take_profile(struct archive *archive, struct archived *out,
			char error[ARCHIVE_ERROR_SIZE])
{
	if (!is_described(archive))
		return complain(error,
				"its .json does not stand before it: is the order still that "
				"of the names?");
	if (archive->is_refused) {
		forget(archive);
		return 0;
	}
	if (archive->entry.size > archive->body_max) {
		forget(archive);
		return complain(error, "it is larger than an upload may be");
	}
	int status = take_entry(archive, &archive->described.body);
	if (status)
		return status;
	archive->described.size = (size_t)archive->entry.size;
	*out = archive->described;
	archive->described = (struct archived){0};
	archive->stem[0] = '\0';
	return 1;
}

/* A description; the one before it must have had its profile. */
static int take_description(struct archive *archive, size_t len, char error[ARCHIVE_ERROR_SIZE])
{
	bool is_alone = archive->stem[0] && !archive->is_refused;
	forget(archive);
	int status = read_description(archive, error);
	memcpy(archive->stem, archive->entry.name, len);
	archive->stem[len] = '\0';
	archive->is_refused = status != 0;
	if (status)
		return status;
	return is_alone ? complain(error, "the profile of the one before it is missing") : 0;
}

int archive_next(struct archive *archive, struct archived *out, char error[ARCHIVE_ERROR_SIZE])
{
	int got;
	while ((got = tar_next(&archive->tar, &archive->entry)) > 0) {
		if (!archive->entry.is_file)
			continue;
		size_t len = stem_length(archive->entry.name);
		int status = len ? take_description(archive, len, error)
				 : take_profile(archive, out, error);
		if (status)
			return status;
	}
	bool is_alone = got == 0 && archive->stem[0] && !archive->is_refused;
	if (got == 0)
		forget(archive);
	return is_alone ? complain(error, "its profile is missing") : got;
}

void archived_clear(struct archived *archived)
{
	labels_clear(&archived->labels);
	free(archived->body);
	*archived = (struct archived){0};
}

void archive_close(struct archive *archive)
{
	forget(archive);
}
