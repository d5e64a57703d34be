/* SPDX-License-Identifier: Apache-2.0 */
/* inspector.h -- a profile is read before it is believed, and what the index wants to know of it is
 * taken out.
 */
#pragma once

#include "collector/store.h"

enum {
	INSPECTOR_ERROR_SIZE = 256,
};

struct inspectors;

struct inspection {
	int64_t time_ns, duration_ns; /* 0 when it does not say */
	char *sample_types;	      /* see struct store_profile; from malloc, the caller's */
	int64_t totals[STORE_TOTALS_MAX];
	size_t total_count;
	uint64_t sample_count;
};

/* [any]    As many as threads that use them, made when they are needed. A profile may have at most
 *          inflated_max bytes. NULL without memory. */
struct inspectors *inspectors_create(uint64_t inflated_max);
/* [any]    NULL is fine. */
void inspectors_destroy(struct inspectors *);
/* [any]    Reads a pprof, compressed or not. 0; -EBADMSG when it is none, -EFBIG when it is beyond
 * a limit, and error says why; -ENOMEM. */
int inspect(struct inspectors *, const uint8_t *bytes, size_t size, struct inspection *,
	    char error[INSPECTOR_ERROR_SIZE]);
/* [any]    Bytes that every reader of pprof takes: zstd becomes gzip, the rest stays as it is.
 *          *bytes, from malloc, is replaced. 0, -EBADMSG, -EFBIG, -ENOMEM. */
int inspectors_make_readable(struct inspectors *, uint8_t **bytes, size_t *size);
