/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h -- bytes of any origin become text that every reader takes.
 *
 * What is not well-formed (too long, a surrogate, beyond U+10FFFF, cut off) counts as one bad
 * character per piece that could have begun one, as Unicode recommends.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	UTF8_BAD = -1,
};

/* [any]    The character at bytes, of which there are len > 0, or UTF8_BAD; *size bytes are its
 *          own. */
int32_t utf8_next(const uint8_t *bytes, size_t len, size_t *size);
/* [any]    Copies len bytes to out as valid UTF-8 with a NUL behind it; what is bad, and every
 *          control character, becomes U+FFFD. Ends at a whole character when size is short.
 *          Returns the length without the NUL; size is at least 1. */
size_t utf8_clean(char *out, size_t size, const char *bytes, size_t len);
