/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h -- from an upload, by whatever protocol it came, to the store.
 *
 * The profiles of one request are read, then stored together; the answer is given when they are on
 * the disk, by the store's thread.
 */
#pragma once

#include "collector/exchange.h"
#include "collector/upload.h"

enum {
	INGEST_PROFILES_MAX = 16,
	INGEST_ERROR_SIZE = UPLOAD_ERROR_SIZE,
};

struct ingest {
	struct store_batch batch;
	struct exchange *exchange;
	void (*answer)(struct ingest *, int error);
	size_t count;
	struct store_put puts[INGEST_PROFILES_MAX];
};

/* [any]    An ingest without profiles; answer gets it when it is stored, or with -errno, and
 *          answers the exchange. NULL without memory. */
struct ingest *ingest_create(struct exchange *, void (*answer)(struct ingest *, int error));
/* [any]    Reads a profile and adds it. 0; what upload_read says, or -E2BIG when there are too
 *          many, and error says why; -ENOMEM. */
int ingest_add(struct ingest *, const struct upload *, char error[INGEST_ERROR_SIZE]);
/* [any]    Hands them to the store. The ingest is freed after answer was called. */
void ingest_submit(struct ingest *);
/* [any]    Frees one that is not submitted. */
void ingest_destroy(struct ingest *);
