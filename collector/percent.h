/* SPDX-License-Identifier: Apache-2.0 */
/* percent.h -- %41 is A, as URLs and labels write it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* [any]    Decodes len bytes of text into out, which has room for len + 1 and may be text itself,
 *          and ends it with a NUL. plus: + is a blank. 0, or -EINVAL when a % is not followed by
 *          two hex digits or says NUL. */
int percent_decode(char *out, const char *text, size_t len, bool plus);
/* [any]    Writes text with %XX for controls, % and each character of reserved; out has room for
 *          3 * strlen(text) + 1. Returns the length. */
size_t percent_encode(char *out, const char *text, const char *reserved);
