/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.c -- from an upload, by whatever protocol it came, to the store. */
#include "collector/ingest.h"

#include "collector/collector.h"
#include "collector/figures.h"
#include "collector/moment.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICE, TYPE, LABELS, SAMPLE_TYPES };

/* ---- one profile --------------------------------------------------------------------------- */

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

static int look_at(struct ingest *ingest, const struct upload *upload,
		   struct inspection *inspection, char error[INGEST_ERROR_SIZE])
{
	char why[INSPECTOR_ERROR_SIZE] = "no memory";
	*inspection = (struct inspection){0};
	if (upload->is_opaque) {
		inspection->sample_types = strdup("");
		return inspection->sample_types ? 0 : -ENOMEM;
	}
	int status = inspect(ingest->exchange->collector->inspectors, upload->body, upload->size,
			     inspection, why);
	if (!status && inspection->sample_count == 0) {
		free(inspection->sample_types);
		snprintf(why, sizeof why, "profile is empty: no samples");
		status = -ENODATA;
	}
	if (status)
		snprintf(error, INGEST_ERROR_SIZE, "%s", why);
	return status;
}

static void fill_in(struct store_put *put, const struct upload *upload,
		    const struct inspection *inspection)
{
	struct store_profile *profile = &put->profile;
	int64_t now = moment_now();
	put->body = upload->body;
	profile->size = upload->size;
	profile->arrived_ns = now;
	profile->time_ns = inspection->time_ns ? inspection->time_ns
			   : upload->time_ns   ? upload->time_ns
					       : now;
	profile->duration_ns =
		inspection->duration_ns ? inspection->duration_ns : upload->duration_ns;
	memcpy(profile->totals, inspection->totals, sizeof profile->totals);
	profile->total_count = inspection->total_count;
	make_key(profile, upload);
}

int ingest_add(struct ingest *ingest, const struct upload *upload, char error[INGEST_ERROR_SIZE])
{
	struct inspection inspection;
	if (ingest->count == INGEST_PROFILES_MAX) {
		snprintf(error, INGEST_ERROR_SIZE, "more than %d profiles in one upload",
			 INGEST_PROFILES_MAX);
		return -E2BIG;
	}
	int status = look_at(ingest, upload, &inspection, error);
	if (status)
		return status;
	char **texts = ingest->texts[ingest->count];
	struct store_put *put = &ingest->puts[ingest->count++];
	struct store_profile *profile = &put->profile;
	texts[SAMPLE_TYPES] = inspection.sample_types;
	texts[SERVICE] = strdup(upload->service);
	texts[TYPE] = strdup(upload->type ? upload->type : suggested_type(inspection.sample_types));
	texts[LABELS] = labels_write(upload->labels);
	if (!texts[SERVICE] || !texts[TYPE] || !texts[LABELS])
		return -ENOMEM;
	profile->service = texts[SERVICE];
	profile->type = texts[TYPE];
	profile->labels = texts[LABELS];
	profile->sample_types = texts[SAMPLE_TYPES];
	fill_in(put, upload, &inspection);
	return 0;
}

/* ---- all of a request ---------------------------------------------------------------------- */

static void count(const struct ingest *ingest, int error)
{
	if (error) {
		if (error != -EBUSY)
			figure_add(error == -ENOSPC ? FIGURE_uploads_no_space
						    : FIGURE_uploads_failed,
				   1);
		return;
	}
	for (size_t i = 0; i < ingest->count; i++) {
		figure_add(FIGURE_uploads_taken, 1);
		figure_add(FIGURE_uploads_repeated, ingest->puts[i].is_known);
		figure_add(FIGURE_uploads_bytes, ingest->puts[i].profile.size);
	}
}

/* [writer] */
static void stored(struct store_batch *batch, int error)
{
	struct ingest *ingest = batch->context;
	count(ingest, error);
	ingest->answer(ingest, error);
	ingest_destroy(ingest);
}

struct ingest *ingest_create(struct exchange *exchange, void (*answer)(struct ingest *, int))
{
	struct ingest *ingest = calloc(1, sizeof *ingest);
	if (!ingest)
		return NULL;
	ingest->exchange = exchange;
	ingest->answer = answer;
	return ingest;
}

void ingest_submit(struct ingest *ingest)
{
	struct store *store = ingest->exchange->collector->store;
	ingest->batch = (struct store_batch){
		.puts = ingest->puts, .count = ingest->count, .done = stored, .context = ingest};
	bool is_empty = ingest->count == 0;
	/* Once it is put the ingest may be stored, answered and freed at any time. */
	int error = is_empty ? 0 : store->engine->put(store, &ingest->batch);
	if (error || is_empty)
		stored(&ingest->batch, error);
}

void ingest_destroy(struct ingest *ingest)
{
	for (size_t i = 0; i < ingest->count; i++)
		for (size_t j = 0; j < sizeof(ingest->texts[i]) / sizeof(ingest->texts[i][0]); j++)
			free(ingest->texts[i][j]);
	free(ingest);
}
