/* SPDX-License-Identifier: Apache-2.0 */
/* record.h -- a sheet as few bytes, which only its dictionary can explain.
 *
 * Columns, not rows: stacks and labels as differences, values without the factor that all of a
 * column share, and without what another column tells of them; then zstd. Rows come back in the
 * order of their stacks.
 */
#pragma once

#include "collector/bytes.h"
#include "collector/inflate.h"
#include "collector/sheet.h"

enum {
	RECORD_ERROR_SIZE = 160,
	RECORD_BODY_MAX = 256 << 20, /* bytes before compression */
};

struct record_input {
	const void *bytes;
	size_t size;
	const struct dictionary *dictionary; /* whose rows it refers to */
	struct inflate *inflate;	     /* the thread's, which allows RECORD_BODY_MAX */
};

struct ZSTD_CCtx_s;

/* [any]    Appends the record of a sheet, whose rows it sorts. zstd is the thread's, for whoever
 *          makes many records, so that its room is made once; NULL: for this one alone.
 *          0, or the error of the bytes. */
int record_encode(struct sheet *, struct bytes *, struct ZSTD_CCtx_s *zstd);
/* [any]    Reads a record. The sheet lies in the arena, its comments in inflate or the bytes, and
 *          it has no totals yet. 0, -EBADMSG when it is none or not of this dictionary, -EFBIG when
 *          the arena is full, -ENOMEM; error then says what is wrong. */
int record_decode(struct sheet *, struct arena *, const struct record_input *,
		  char error[RECORD_ERROR_SIZE]);
