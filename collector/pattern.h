/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h -- regular expressions of POSIX for what anybody may ask, in bounded time and memory.
 *
 * All states are followed at once: a value costs at most its bytes times the steps of the
 * pattern, and no memory, whatever they are. That of the C library keeps a state for each set of
 * states that it has seen, and of [0-9a-f]*[0-7][0-9a-f][0-9a-f]... it sees no end: 1.5 ms and
 * 16 KiB for each value of 36 bytes.
 *
 * Known are . [] [[:alpha:]] * + ? {} | () ^ $ and a backslash before anything that is no letter
 * or digit, and \d \w \s. It matches the whole value, byte by byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PATTERN_TEXT_MAX = 256,
	PATTERN_STEPS_MAX = 1000, /* after all {} are written out */
};

struct pattern;

/* [any]    Reads a pattern; NULL, and *wrong says what is, static. */
struct pattern *pattern_compile(const char *text, const char **wrong);
/* [any]    NULL is fine. */
void pattern_free(struct pattern *);
/* [any]    Whether the value is meant, as a whole. Takes what it costs, a few nanoseconds each,
 *          off the budget; when that is used up, false, and the budget is 0. */
bool pattern_matches(const struct pattern *, const char *value, uint64_t *budget);
