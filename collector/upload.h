/* SPDX-License-Identifier: Apache-2.0 */
/* upload.h -- a profile that came from outside is read, found valid, and made ready for the store.
 */
#pragma once

#include "collector/inspector.h"
#include "collector/labels.h"
#include "collector/store.h"

enum {
	UPLOAD_ERROR_SIZE = 320,
};

struct upload {
	const char *service;
	const char *type; /* NULL: what the sample types suggest */
	const struct labels *labels;
	const uint8_t *body; /* stays until the answer */
	size_t size;
	int64_t time_ns;      /* 0: not said; the profile's own wins */
	int64_t duration_ns;  /* the same */
	int64_t arrived_ns;   /* 0: now */
	const uint8_t *key;   /* the one that it was stored under elsewhere; NULL: a new one */
	const char *identity; /* equal for repetitions of one upload and nothing else, or NULL: then
			       * the body is compared */
	bool is_opaque;	      /* no pprof: not read */
	const struct tenant *tenant; /* who sends it; NULL: who may send anything */
};

/* [any]    Reads it into *put, which is overwritten. 0: upload_forget ends it; -ENODATA when it has
 *          no samples, -EACCES when it is not the tenant's, -EBADMSG, -EFBIG, -E2BIG when there are
 *          too many labels, and error says why; -ENOMEM. */
int upload_read(const struct upload *, struct inspectors *, struct store_put *,
		char error[UPLOAD_ERROR_SIZE]);
/* [any]    Frees what a put that was read points to, but not its body. */
void upload_forget(struct store_put *);
