/* SPDX-License-Identifier: Apache-2.0 */
/* text.h -- a text that grows at its end, and how JSON writes strings.
 *
 * Without memory, or beyond its limit, nothing more is appended, which text_take tells.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at; /* ended by a NUL once anything was appended */
	size_t len, room;
	size_t max;	      /* bytes, set by the owner; 0: no limit */
	bool failed, is_full; /* is_full: because of max */
};

/* [any]    Appends len bytes. A struct of zeros is an empty text. */
void text_append(struct text *, const char *bytes, size_t len);
/* [any]    Appends as printf does. */
__attribute__((format(printf, 2, 3))) void text_printf(struct text *, const char *format, ...);
/* [any]    Appends a number. */
void text_number(struct text *, int64_t number);
/* [any]    Appends a JSON string, quotes included; what is no UTF-8 becomes U+FFFD. */
void text_json(struct text *, const char *string);
void text_json_bytes(struct text *, const void *bytes, size_t size);
/* [any]    Leaves out the blanks at both ends of len bytes. */
void text_trim(const char **text, size_t *len);
/* [any]    The text, from malloc, the caller's, and its length; the struct is empty then. NULL
 *          when something could not be appended. */
char *text_take(struct text *, size_t *len);
/* [any]    Frees it. */
void text_clear(struct text *);
