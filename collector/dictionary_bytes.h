/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_bytes.h -- a dictionary as a file that is only ever appended to.
 *
 * Each piece holds the rows that came since the one before, under a CRC, compressed. A file is read
 * piece by piece; one that was cut off while it was appended to is good up to there, and a piece
 * that is missing, doubled or of another file is found out.
 */
#pragma once

#include "collector/bytes.h"
#include "collector/dictionary.h"

enum {
	DICTIONARY_ERROR_SIZE = 160,
	DICTIONARY_PIECE_MAX = 512 << 20, /* bytes of a piece before compression */
};

/* How far a dictionary has been written; zeros: not at all. */
struct dictionary_mark {
	uint32_t counts[DICTIONARY_KINDS];
};

/* [writer] Appends what has been added since the mark, in one piece, and moves the mark; appends
 *          nothing when nothing has. 0, or the error of the bytes, and the mark stays. */
int dictionary_take(const struct dictionary *, struct dictionary_mark *, struct bytes *);
/* [writer] Adds all pieces to a dictionary that holds just what the mark says, and moves the mark.
 *          *used are the bytes of whole pieces. 0; -ENODATA when bytes behind them are the
 * beginning of a piece; -EBADMSG when they are anything else, -ENOSPC when the dictionary is full,
 *          -ENOMEM: error then says what is wrong, and the dictionary may hold rows of the piece
 *          that failed. */
int dictionary_load(struct dictionary *, struct dictionary_mark *, const struct bytes *,
		    size_t *used, char error[DICTIONARY_ERROR_SIZE]);
