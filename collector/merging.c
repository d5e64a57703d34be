/* SPDX-License-Identifier: Apache-2.0 */
/* merging.c -- stored profiles become the one that a request asks for. */
#include "collector/merging.h"

#include "collector/collector.h"
#include "collector/figures.h"
#include "collector/merge.h"
#include "encoder/gzip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct merging {
	struct exchange *exchange;
	const struct selection *selection;
	struct store_body **bodies; /* what of each is held still; NULL: nothing */
	atomic_bool cancel;
};

static const char binary_type[] = "application/octet-stream";

static struct store *store_of(struct exchange *exchange)
{
	return exchange->collector->store;
}

static void answer_several(struct exchange *exchange, const struct selection *selection);

/* ---- one ----------------------------------------------------------------------------------- */

static void refuse_one(struct exchange *exchange, int error, const char *id)
{
	if (error == -ENOENT)
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
	else
		exchange_refuse(exchange, EXCHANGE_FAILED, "failed to get profile by id \"%s\"",
				id);
}

/* As it was uploaded; when that is gone, as its record says. */
static void answer_one(struct exchange *exchange, const struct selection *selection)
{
	const char *id = selection->at[0].id;
	struct store *store = store_of(exchange);
	struct store_body body;
	const struct store_wanted wanted = {id, exchange->tenant, STORE_UPLOADED};
	int error = store->engine->read(store, &wanted, &body);
	if (error) {
		refuse_one(exchange, error, id);
		return;
	}
	if (body.dictionary) {
		store->engine->release(store, &body);
		answer_several(exchange, selection);
		return;
	}
	error = inspectors_make_readable(exchange->collector->inspectors, &body.bytes, &body.size);
	if (!error) {
		exchange_send(exchange, EXCHANGE_OK, binary_type, body.bytes, body.size);
		return;
	}
	store->engine->release(store, &body);
	refuse_one(exchange, error, id);
}

/* ---- several ------------------------------------------------------------------------------- */

static void release_body(struct merging *merging, size_t i)
{
	struct store *store = store_of(merging->exchange);
	if (!merging->bodies[i])
		return;
	store->engine->release(store, merging->bodies[i]);
	free(merging->bodies[i]);
	merging->bodies[i] = NULL;
}

/* May be asked for one profile more than once, but not by two threads. */
static int get(void *data, size_t i, struct merge_profile *profile, char error[MERGE_ERROR_SIZE])
{
	struct merging *merging = data;
	struct exchange *exchange = merging->exchange;
	struct store *store = store_of(exchange);
	struct store_body *body = malloc(sizeof *body);
	memset(profile, 0, sizeof *profile);
	if (!body)
		return -ENOMEM;
	if (exchange->is_gone && exchange->is_gone(exchange))
		merging->cancel = true;
	const struct store_wanted wanted = {merging->selection->at[i].id, exchange->tenant,
					    STORE_COMPACT};
	int status = store->engine->read(store, &wanted, body);
	if (status) {
		free(body);
		snprintf(error, MERGE_ERROR_SIZE, "profile %s cannot be read",
			 merging->selection->at[i].id);
		return status == -ENOENT ? 0 : status; /* retention was faster */
	}
	*profile = (struct merge_profile){body->bytes, body->size, body->dictionary};
	release_body(merging, i);
	merging->bodies[i] = body;
	return 0;
}

/* The dictionary of a record stays until the merge ends. */
static void put(void *data, size_t i, struct merge_profile *profile)
{
	struct merging *merging = data;
	struct store_body *body = merging->bodies[i];
	(void)profile;
	if (!body)
		return;
	free(body->bytes);
	body->bytes = NULL;
}

static void release_bodies(struct merging *merging)
{
	for (size_t i = 0; i < merging->selection->count; i++)
		release_body(merging, i);
	free(merging->bodies);
}

static void refuse(struct exchange *exchange, int error, const char *why)
{
	switch (-error) {
	case ENODATA:
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
		break;
	case EINVAL:
	case EFBIG:
	case ENOSPC:
		exchange_refuse(exchange, EXCHANGE_UNPROCESSABLE, "cannot merge: %s", why);
		break;
	case ENOMEM:
		exchange_fail(exchange, error);
		break;
	default:
		exchange_refuse(exchange, EXCHANGE_FAILED, "cannot merge: %s", why);
	}
}

/* What google/pprof reads it does not ask to be compressed, but clients of profefe expect it. */
static int compress(uint8_t **bytes, size_t *size)
{
	uint8_t *packed;
	size_t packed_size;
	int error = gzip_deflate(*bytes, *size, &packed, &packed_size);
	free(*bytes);
	*bytes = error ? NULL : packed;
	*size = error ? 0 : packed_size;
	return error;
}

static int merge(struct merging *merging, uint8_t **bytes, size_t *size, char why[MERGE_ERROR_SIZE])
{
	const struct collector *collector = merging->exchange->collector;
	const struct merge_source source = {merging, merging->selection->count, get, put};
	const struct merge_options options = {
		.threads = (unsigned)collector->options->threads,
		.memory = (size_t)collector->options->merge_memory,
		.inflated = (size_t)collector->options->inflated_max,
		.seed = collector->seed,
		.cancel = &merging->cancel,
	};
	int error = merge_pprof(&source, &options, bytes, size, why);
	return error ? error : compress(bytes, size);
}

static void answer_several(struct exchange *exchange, const struct selection *selection)
{
	struct merging merging = {.exchange = exchange, .selection = selection};
	char why[MERGE_ERROR_SIZE] = "no memory";
	uint8_t *bytes = NULL;
	size_t size;
	merging.bodies = calloc(selection->count, sizeof(void *));
	if (!merging.bodies) {
		exchange_fail(exchange, -ENOMEM);
		return;
	}
	int error = merge(&merging, &bytes, &size, why);
	release_bodies(&merging);
	if (error) {
		refuse(exchange, error, why);
		return;
	}
	figure_add(FIGURE_merges, 1);
	figure_add(FIGURE_merged_profiles, selection->count);
	exchange_send(exchange, EXCHANGE_OK, binary_type, bytes, size);
}

void merging_answer(struct exchange *exchange, const struct selection *selection,
		    const char *file_name)
{
	exchange_name_file(exchange, file_name);
	if (selection->count == 1)
		answer_one(exchange, selection);
	else
		answer_several(exchange, selection);
}
