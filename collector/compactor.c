/* SPDX-License-Identifier: Apache-2.0 */
/* compactor.c -- uploads become compact records.
 *
 * Order: the dictionary is on the disk before the records that refer to them, and those before
 * the index knows of them. What cannot be made a record, because it is damaged or the dictionary is
 * full, stays as it was uploaded for as long as it is kept.
 */
#include "collector/compactor.h"

#include "collector/docket.h"
#include "collector/inflate.h"
#include "collector/record.h"
#include "collector/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	KEPT_MAX = 8 << 20, /* inflated bytes; the room for more is given back after the step */
};

struct compactor {
	struct inflate *inflate; /* NULL: to be made */
	uint64_t inflated_max;
	size_t largest; /* that it has inflated in this step */
	ZSTD_CCtx *zstd;
	struct arena arena;
	uint64_t seed;
	struct partition_raw raw[COMPACTOR_GROUP];
	struct codex *codex; /* of this step's service */
};

struct compactor *compactor_create(uint64_t inflated_max, uint64_t seed)
{
	struct compactor *compactor = calloc(1, sizeof *compactor);
	if (!compactor)
		return NULL;
	compactor->seed = seed;
	compactor->inflated_max = inflated_max;
	compactor->zstd = ZSTD_createCCtx(); /* NULL is fine */
	return compactor;
}

void compactor_destroy(struct compactor *compactor)
{
	if (!compactor)
		return;
	inflate_destroy(compactor->inflate);
	ZSTD_freeCCtx(compactor->zstd);
	arena_free(&compactor->arena);
	free(compactor);
}

static int make_sheet(struct compactor *compactor, const struct segment_record *record,
		      struct dictionary *dictionary, struct sheet *sheet)
{
	char why[VIEW_ERROR_SIZE];
	struct view view;
	struct view_input input = {0};
	const uint8_t *bytes;
	if (!compactor->inflate)
		compactor->inflate = inflate_create((size_t)compactor->inflated_max, INFLATE_ANY);
	if (!compactor->inflate)
		return -ENOMEM;
	int error = inflate_open(compactor->inflate, record->body, record->body_size, &bytes,
				 &input.size);
	if (input.size > compactor->largest)
		compactor->largest = input.size;
	input.bytes = bytes;
	if (!error)
		error = view_open(&view, &compactor->arena, &input, why);
	return error ? error : sheet_take(sheet, &compactor->arena, &view, dictionary);
}

/* The docket that the upload has, but for its form. */
static int make_docket(struct partition_raw *raw, struct docket *docket)
{
	size_t size;
	docket->form = DOCKET_COMPACT;
	snprintf(raw->rule, sizeof raw->rule, "%s", docket->rule);
	raw->record.docket = docket_pack(docket, &size);
	raw->record.docket_size = (uint32_t)size;
	return raw->record.docket ? 0 : -ENOMEM;
}

static int make_record(struct compactor *compactor, struct partition *partition,
		       struct partition_raw *raw, const struct segment_record *upload)
{
	struct bytes bytes = {.max = SEGMENT_BODY_MAX};
	struct docket docket;
	struct sheet sheet;
	int error = docket_unpack(&docket, upload->docket, upload->docket_size);
	if (!error && !compactor->codex)
		error = partition_codex(partition, docket.profile.service, compactor->seed,
					&compactor->codex);
	if (!error)
		error = make_sheet(compactor, upload, compactor->codex->dictionary, &sheet);
	if (!error)
		error = record_encode(&sheet, &bytes, compactor->zstd);
	if (!error)
		error = make_docket(raw, &docket);
	arena_clear(&compactor->arena);
	if (error) {
		bytes_free(&bytes);
		return error;
	}
	raw->record.body = bytes.at;
	raw->record.body_size = (uint32_t)bytes.size;
	return 0;
}

/* Whether it is in vain to try this profile again. -ENOSPC is the dictionary's being full, or, when
 * there is no dictionary, the disk's. */
static bool is_final(const struct compactor *compactor, int error)
{
	if (error == -ENOSPC)
		return compactor->codex != NULL;
	return error != -ENOMEM && error != -EMFILE && error != -ENFILE && error != -EIO;
}

/* Without a body when there can be no record. */
static int make_one(struct compactor *compactor, struct partition *partition,
		    struct partition_raw *raw)
{
	struct segment_record upload;
	uint8_t *bytes;
	int error = partition_read_record(partition, raw->place.segment, raw->place.begin, &upload,
					  &bytes);
	if (!error) {
		error = make_record(compactor, partition, raw, &upload);
		free(bytes);
	}
	return error && !is_final(compactor, error) ? error : 0;
}

static void clear(struct compactor *compactor, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((void *)compactor->raw[i].record.docket);
		free((void *)compactor->raw[i].record.body);
	}
	codex_release(compactor->codex);
	compactor->codex = NULL;
	if (compactor->largest > KEPT_MAX) {
		inflate_destroy(compactor->inflate);
		compactor->inflate = NULL;
	}
	compactor->largest = 0;
}

int compactor_step(struct compactor *compactor, struct partition *partition, int64_t before_ns,
		   int (*commit)(void *, struct partition *, const struct partition_raw *, size_t),
		   void *context)
{
	int count = partition_find_raw(partition, before_ns, compactor->raw, COMPACTOR_GROUP);
	if (count <= 0)
		return count;
	int error = 0;
	for (int i = 0; i < count && !error; i++)
		error = make_one(compactor, partition, &compactor->raw[i]);
	if (!error && compactor->codex)
		error = codex_save(compactor->codex);
	if (!error)
		error = commit(context, partition, compactor->raw, (size_t)count);
	clear(compactor, (size_t)count);
	return error ? error : count;
}
