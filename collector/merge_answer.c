/* SPDX-License-Identifier: Apache-2.0 */
/* merge_answer.c -- what a request for merged profiles is answered with. */
#include "collector/merge_answer.h"

#include "collector/collector.h"
#include "collector/merge_render.h"
#include "collector/merging.h"
#include "encoder/gzip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char binary_type[] = "application/octet-stream";

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

static void answer_pprof(struct exchange *exchange, const struct selection *selection)
{
	const struct collector *collector = exchange->collector;
	const struct merging merging = {exchange, selection,
					(size_t)collector->options->merge_memory,
					merging_deadline(collector)};
	char why[MERGE_ERROR_SIZE] = "no memory";
	uint8_t *bytes;
	size_t size;
	int error = merging_pprof(&merging, &bytes, &size, why);
	if (!error)
		error = compress(&bytes, &size);
	if (error) {
		merging_refuse(exchange, error, why);
		return;
	}
	exchange_send(exchange, EXCHANGE_OK, binary_type, bytes, size);
}

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
	struct store *store = exchange->collector->store;
	struct store_body body;
	const struct store_wanted wanted = {id, exchange_tenant(exchange), STORE_UPLOADED};
	int error = store->engine->read(store, &wanted, &body);
	if (error) {
		refuse_one(exchange, error, id);
		return;
	}
	if (body.dictionary) {
		store->engine->release(store, &body);
		answer_pprof(exchange, selection);
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

static void name_file(struct exchange *exchange, const char *name, const char *end)
{
	char *whole;
	if (asprintf(&whole, "%s%s", name, end) < 0)
		return;
	exchange_name_file(exchange, whole);
	free(whole);
}

void merge_answer(struct exchange *exchange, const struct selection *selection,
		  const struct answer_wish *wish, const char *file_name)
{
	if (!wish->format->render || wish->format->file_end)
		name_file(exchange, file_name, wish->format->render ? wish->format->file_end : "");
	if (wish->format->render)
		merge_render(exchange, selection, wish);
	else if (selection->count == 1 && !selection->has_sums)
		answer_one(exchange, selection);
	else
		answer_pprof(exchange, selection);
}
