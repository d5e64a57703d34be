/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c -- a profile that came from outside is read, found valid, and made ready for the store.
 */
#include "collector/upload.h"

#include "collector/moment.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a profile without a name of its own is about. */
static const char *suggested_type(const char *sample_types)
{
	static const struct {
		const char *part, *type;
	} known[] = {
		{"cpu", "cpu"},		  {"alloc", "heap"},
		{"inuse", "heap"},	  {"heap", "heap"},
		{"wall", "wall"},	  {"goroutine", "goroutine"},
		{"contentions", "mutex"}, {"threadcreate", "threadcreate"},
	};
	const char *best = NULL;
	const char *type = "other";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *at = strstr(sample_types, known[i].part);
		if (at && (!best || at < best)) {
			best = at;
			type = known[i].type;
		}
	}
	return type;
}

static void hash_text(struct sha256_ctx *sha, const char *text)
{
	sha256_update(sha, strlen(text) + 1, (const uint8_t *)text);
}

static void make_key(struct store_profile *profile, const struct upload *upload)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	sha256_init(&sha);
	hash_text(&sha, profile->service);
	hash_text(&sha, profile->type);
	hash_text(&sha, profile->labels);
	if (upload->identity) {
		hash_text(&sha, upload->identity);
	} else {
		sha256_update(&sha, sizeof upload->time_ns, (const uint8_t *)&upload->time_ns);
		sha256_update(&sha, upload->size, upload->body);
	}
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
	memcpy(profile->key, digest, STORE_KEY_SIZE);
}

static int look_at(const struct upload *upload, struct inspectors *inspectors,
		   struct inspection *inspection, char error[UPLOAD_ERROR_SIZE])
{
	char why[INSPECTOR_ERROR_SIZE] = "no memory";
	*inspection = (struct inspection){0};
	if (upload->is_opaque) {
		inspection->sample_types = strdup("");
		return inspection->sample_types ? 0 : -ENOMEM;
	}
	int status = inspect(inspectors, upload->body, upload->size, inspection, why);
	if (!status && inspection->sample_count == 0) {
		free(inspection->sample_types);
		snprintf(why, sizeof why, "profile is empty: no samples");
		status = -ENODATA;
	}
	if (status)
		snprintf(error, UPLOAD_ERROR_SIZE, "%s", why);
	return status;
}

static void fill_in(struct store_put *put, const struct upload *upload,
		    const struct inspection *inspection)
{
	struct store_profile *profile = &put->profile;
	int64_t now = moment_now();
	put->body = upload->body;
	profile->size = upload->size;
	profile->arrived_ns = upload->arrived_ns ? upload->arrived_ns : now;
	profile->time_ns = inspection->time_ns ? inspection->time_ns
			   : upload->time_ns   ? upload->time_ns
					       : now;
	profile->duration_ns =
		inspection->duration_ns ? inspection->duration_ns : upload->duration_ns;
	memcpy(profile->totals, inspection->totals, sizeof profile->totals);
	profile->total_count = inspection->total_count;
	if (upload->key)
		memcpy(profile->key, upload->key, STORE_KEY_SIZE);
	else
		make_key(profile, upload);
}

/* The labels as a text, those included that the tenant gives it. */
static int write_labels(const struct upload *upload, const char *type, char **text,
			char error[UPLOAD_ERROR_SIZE])
{
	struct labels labels = {0};
	char why[TENANT_ERROR_SIZE] = "no memory";
	*text = labels_write(upload->labels);
	if (!*text || !upload->tenant)
		return *text ? 0 : -ENOMEM;
	int status = labels_parse(&labels, *text);
	if (!status)
		status = tenant_admit(upload->tenant, upload->service, type, &labels, why);
	free(*text);
	*text = status ? NULL : labels_write(&labels);
	labels_clear(&labels);
	if (status)
		snprintf(error, UPLOAD_ERROR_SIZE, "%s", why);
	return status || *text ? status : -ENOMEM;
}

static int name_profile(struct store_profile *profile, const struct upload *upload,
			char error[UPLOAD_ERROR_SIZE])
{
	const char *type = upload->type ? upload->type : suggested_type(profile->sample_types);
	char *labels = NULL;
	int status = write_labels(upload, type, &labels, error);
	profile->labels = labels;
	profile->service = strdup(upload->service);
	profile->type = strdup(type);
	return status || (profile->service && profile->type) ? status : -ENOMEM;
}

int upload_read(const struct upload *upload, struct inspectors *inspectors, struct store_put *put,
		char error[UPLOAD_ERROR_SIZE])
{
	struct inspection inspection;
	*put = (struct store_put){0};
	int status = look_at(upload, inspectors, &inspection, error);
	if (status)
		return status;
	put->profile.sample_types = inspection.sample_types;
	status = name_profile(&put->profile, upload, error);
	if (status)
		upload_forget(put);
	else
		fill_in(put, upload, &inspection);
	return status;
}

void upload_forget(struct store_put *put)
{
	const struct store_profile *profile = &put->profile;
	const char *const texts[] = {profile->service, profile->type, profile->labels,
				     profile->sample_types};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free((void *)texts[i]);
}
