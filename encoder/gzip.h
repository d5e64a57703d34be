/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h -- bytes into gzip and back, by zlib, in bounded memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct gzip;

/* [any]    Opens a stream that compresses what is appended; about 270 KiB. NULL without memory. */
struct gzip *gzip_create(void);
/* [any]    NULL is fine. */
void gzip_destroy(struct gzip *);
/* [any]    Compresses len bytes. A failure sticks and is told by gzip_finish. */
void gzip_append(struct gzip *, const void *bytes, size_t len);
/* [any]    Ends the stream, once: *bytes, from malloc, is the caller's. 0, -ENOMEM. */
int gzip_finish(struct gzip *, uint8_t **bytes, size_t *size);
/* [any]    Compresses all of bytes at once into *out, from malloc, the caller's. 0, -ENOMEM. */
int gzip_deflate(const void *bytes, size_t size, uint8_t **out, size_t *out_size);
/* [any]    Inflates one or more gzip members into *out, from malloc, the caller's. 0, -EFBIG
 *          when there are more than limit bytes, -EBADMSG when corrupt, cut off, or followed by
 *          anything else, -ENOMEM. */
int gzip_inflate(const void *bytes, size_t size, size_t limit, uint8_t **out, size_t *out_size);
