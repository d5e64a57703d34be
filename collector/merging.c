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
	atomic_bool cancel;
};

static const char binary_type[] = "application/octet-stream";

static int read_one(struct exchange *exchange, const char *id, uint8_t **bytes, size_t *size)
{
	char type[STORE_TEXT_MAX];
	struct store *store = exchange->collector->store;
	return store->engine->read(store, id, type, bytes, size);
}

/* ---- one ----------------------------------------------------------------------------------- */

static void answer_one(struct exchange *exchange, const struct selected *selected)
{
	uint8_t *bytes = NULL;
	size_t size;
	int error = read_one(exchange, selected->id, &bytes, &size);
	if (!error)
		error = inspectors_make_readable(exchange->collector->inspectors, &bytes, &size);
	if (!error) {
		exchange_send(exchange, EXCHANGE_OK, binary_type, bytes, size);
		return;
	}
	free(bytes);
	if (error == -ENOENT)
		exchange_refuse(exchange, EXCHANGE_NOT_FOUND, "nothing found");
	else
		exchange_refuse(exchange, EXCHANGE_FAILED, "failed to get profile by id \"%s\"",
				selected->id);
}

/* ---- several ------------------------------------------------------------------------------- */

static int get(void *data, size_t i, struct merge_profile *profile, char error[MERGE_ERROR_SIZE])
{
	struct merging *merging = data;
	struct exchange *exchange = merging->exchange;
	uint8_t *bytes;
	memset(profile, 0, sizeof *profile);
	if (exchange->is_gone && exchange->is_gone(exchange))
		merging->cancel = true;
	int status = read_one(exchange, merging->selection->at[i].id, &bytes, &profile->size);
	if (status == -ENOENT) /* retention was faster */
		return 0;
	if (status) {
		snprintf(error, MERGE_ERROR_SIZE, "profile %s cannot be read",
			 merging->selection->at[i].id);
		return status;
	}
	profile->bytes = bytes;
	return 0;
}

static void put(void *data, size_t i, struct merge_profile *profile)
{
	(void)data;
	(void)i;
	free((void *)profile->bytes);
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

static void answer_several(struct exchange *exchange, const struct selection *selection)
{
	const struct options *options = exchange->collector->options;
	struct merging merging = {.exchange = exchange, .selection = selection};
	const struct merge_source source = {&merging, selection->count, get, put};
	const struct merge_options merge_options = {
		.threads = (unsigned)options->threads,
		.memory = (size_t)options->merge_memory,
		.inflated = (size_t)options->inflated_max,
		.seed = exchange->collector->seed,
		.cancel = &merging.cancel,
	};
	char why[MERGE_ERROR_SIZE] = "no memory";
	uint8_t *bytes = NULL;
	size_t size;
	int error = merge_pprof(&source, &merge_options, &bytes, &size, why);
	if (!error)
		error = compress(&bytes, &size);
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
		answer_one(exchange, &selection->at[0]);
	else
		answer_several(exchange, selection);
}
