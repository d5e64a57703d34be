/* SPDX-License-Identifier: Apache-2.0 */
/* docket.h -- what the index knows of a profile, as bytes that travel with its body, so that an
 * index that was lost can be made again.
 */
#pragma once

#include "collector/store.h"

enum {
	DOCKET_MAX = 1 << 20,
};

enum docket_form {
	DOCKET_UPLOADED, /* the body is as it was uploaded */
	DOCKET_COMPACT, /* it is a record, see record.h, of the dictionary of its service and day */
	DOCKET_SUM,	/* such a record, but of the sum of many profiles of a series */
};

struct docket {
	struct store_profile profile;
	int64_t row;	  /* in the index, from which its id is made */
	const char *rule; /* of retention, that it was stored under */
	enum docket_form form;
};

/* [any]    The bytes, from malloc, the caller's. NULL without memory, or when they would be more
 *          than DOCKET_MAX. */
uint8_t *docket_pack(const struct docket *, size_t *size);
/* [any]    Reads them back. The texts lie in bytes, which must stay as long as the docket is used.
 *          0, -EBADMSG. */
int docket_unpack(struct docket *, const uint8_t *bytes, size_t size);
