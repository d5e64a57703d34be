/* SPDX-License-Identifier: Apache-2.0 */
/* multipart.h -- the parts of a multipart/form-data body (RFC 7578), where they lie.
 *
 * The whole body is in memory and stays so; nothing is copied but the names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MULTIPART_NAME_SIZE = 256, /* longer ones are cut */
	MULTIPART_BOUNDARY_SIZE = 80,
};

struct multipart {
	char delimiter[MULTIPART_BOUNDARY_SIZE + 4]; /* "\r\n--" and the boundary */
	size_t delimiter_len;
	const uint8_t *at, *end; /* what is left */
};

struct multipart_part {
	char name[MULTIPART_NAME_SIZE], file_name[MULTIPART_NAME_SIZE];
	bool is_file; /* it has a file name, which may be "" */
	const uint8_t *body;
	size_t size;
};

/* [any]    Begins with a body of this Content-Type. 0, -EINVAL when that is not a form of several
 *          parts, or the body does not begin like one. */
int multipart_begin(struct multipart *, const char *content_type, const uint8_t *body, size_t size);
/* [any]    The next part: 1, 0 when there is none, -EBADMSG when the body is not as it should be.
 */
int multipart_next(struct multipart *, struct multipart_part *);
