/* SPDX-License-Identifier: Apache-2.0 */
/* config_read.h -- from what people write into variables to values, without libc's parsers.
 *
 * No memory, errno, locale or file is touched. Numbers saturate, a negative one reads as 0: either
 * is then outside of any range.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_piece { /* part of a text that somebody else keeps */
	const char *start;
	size_t len;
};

/* [init] The piece without the blanks around it. */
struct config_piece config_read_trim(struct config_piece);
/* [init] The next piece of a list separated by commas, trimmed, never empty; *rest moves on.
 * False at the end. */
bool config_read_next(const char **rest, struct config_piece *);
/* [init] A decimal number with or without a sign. False when it is none. */
bool config_read_number(struct config_piece, uint64_t *value);
/* [init] Milliseconds of 45 (seconds), 500ms, 45s, 1m30s, 1h. False when it is no duration. */
bool config_read_duration(struct config_piece, uint64_t *ms);
/* [init] Bytes of 4096, 512K, 1M, 1G, in either case. False when it is no size. */
bool config_read_size(struct config_piece, uint64_t *bytes);
/* [init] Index of the word, in any case, in the list that NULL ends; -1 when it is not there. */
int config_read_word(struct config_piece, const char *const *words);
/* [init] Decodes %XX into a string of at most size bytes, its NUL included. False when it does not
 * fit, is badly encoded or has a NUL in it; to is undefined then. */
bool config_read_decoded(struct config_piece, char *to, size_t size);
/* [init] Whether the glob, of which * and ? are special, matches all of name. */
bool config_read_matches(struct config_piece glob, const char *name);
