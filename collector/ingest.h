/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h -- from an upload, by whatever protocol it came, to the store.
 *
 * The profiles of one request are read, then stored together; the answer is given when they are on
 * the disk, by the store's thread.
 */
#pragma once

#include "collector/exchange.h"
#include "collector/labels.h"
#include "collector/store.h"

enum {
	INGEST_PROFILES_MAX = 16,
	INGEST_ERROR_SIZE = 320,
};

struct upload {
	const char *service;
	const char *type; /* NULL: what the sample types suggest */
	const struct labels *labels;
	const uint8_t *body; /* stays until the answer */
	size_t size;
	int64_t time_ns;      /* 0: not said; the profile's own wins */
	int64_t duration_ns;  /* the same */
	const char *identity; /* equal for repetitions of one upload and nothing else, or NULL: then
			       * the body is compared */
	bool is_opaque;	      /* no pprof: not read */
};

struct ingest {
	struct store_batch batch;
	struct exchange *exchange;
	void (*answer)(struct ingest *, int error);
	size_t count;
	struct store_put puts[INGEST_PROFILES_MAX];
	char *texts[INGEST_PROFILES_MAX][4]; /* which the profiles point to */
};

/* [any]    An ingest without profiles; answer gets it when it is stored, or with -errno, and
 *          answers the exchange. NULL without memory. */
struct ingest *ingest_create(struct exchange *, void (*answer)(struct ingest *, int error));
/* [any]    Reads a profile and adds it. 0; -ENODATA when it has no samples, -EBADMSG, -EFBIG,
 *          -E2BIG when there are too many, and error says why; -ENOMEM. */
int ingest_add(struct ingest *, const struct upload *, char error[INGEST_ERROR_SIZE]);
/* [any]    Hands them to the store. The ingest is freed after answer was called. */
void ingest_submit(struct ingest *);
/* [any]    Frees one that is not submitted. */
void ingest_destroy(struct ingest *);
