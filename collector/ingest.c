/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.c -- from an upload, by whatever protocol it came, to the store. */
#include "collector/ingest.h"

#include "collector/collector.h"
#include "collector/figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int ingest_add(struct ingest *ingest, const struct upload *upload, char error[INGEST_ERROR_SIZE])
{
	struct exchange *exchange = ingest->exchange;
	if (ingest->count == INGEST_PROFILES_MAX) {
		snprintf(error, INGEST_ERROR_SIZE, "more than %d profiles in one upload",
			 INGEST_PROFILES_MAX);
		return -E2BIG;
	}
	struct upload own = *upload;
	own.tenant = exchange_tenant(exchange);
	int status = upload_read(&own, exchange->collector->inspectors,
				 &ingest->puts[ingest->count], error);
	ingest->count += !status;
	return status;
}

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
		upload_forget(&ingest->puts[i]);
	free(ingest);
}
