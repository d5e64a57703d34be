/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h -- regular expressions for what anybody may ask, in bounded time and memory.
 *
 * They are Perl's, as PCRE2 has them, and match a value from its begin to its end. PCRE2 tries one
 * way after the other, but counts the ways: what needs too many is given up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PATTERN_TEXT_MAX = 256,
	PATTERN_ERROR_SIZE = 100,
};

struct pattern;

/* [any]    Reads a pattern; NULL, and wrong says what is. */
struct pattern *pattern_compile(const char *text, char wrong[PATTERN_ERROR_SIZE]);
/* [any]    NULL is fine. */
void pattern_free(struct pattern *);
/* [any]    Whether the value is meant, as a whole; by one thread at a time. The nanoseconds that
 *          it takes go off the budget; when they are used up, or it is one of those that would take
 *          very many, false, and the budget is 0. */
bool pattern_matches(const struct pattern *, const char *value, uint64_t *budget_ns);
