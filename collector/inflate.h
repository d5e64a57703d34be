/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.h -- what was uploaded becomes plain bytes: gzip, zstd or neither, by its first bytes.
 *
 * A bomb costs what its limits allow and no more: as many bytes, and as many of them for each
 * byte that came.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct inflate;

enum inflate_format {
	INFLATE_RAW,
	INFLATE_GZIP,
	INFLATE_ZSTD,
};

enum {
	INFLATE_FREE = 64 << 10, /* bytes for which the ratio does not count */
	INFLATE_ANY = 1100,	 /* a ratio that deflate cannot have, for what was taken before */
};

/* [any]    For one thread at a time. At most size_max bytes come out of it, and at most ratio_max
 *          for each one that goes in. NULL without memory. */
struct inflate *inflate_create(size_t size_max, unsigned ratio_max);
/* [any]    NULL is fine. */
void inflate_destroy(struct inflate *);
/* [any]    What the first bytes say. */
enum inflate_format inflate_format(const void *bytes, size_t size);
/* [any]    *out are size bytes inflated: all gzip members, all zstd frames, or bytes itself.
 *          Valid until the next call, and as long as bytes. 0, -EFBIG beyond a limit, -EBADMSG
 *          when corrupt, cut off or followed by anything else, -ENOMEM. */
int inflate_open(struct inflate *, const void *bytes, size_t size, const uint8_t **out,
		 size_t *out_size);
