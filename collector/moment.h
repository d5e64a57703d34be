/* SPDX-License-Identifier: Apache-2.0 */
/* moment.h -- points in time as people and programs write them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	MOMENT_SIZE = 32,
};

#define MOMENT_SECOND INT64_C(1000000000)

/* [any]    Now, in nanoseconds since 1970 UTC. */
int64_t moment_now(void);
/* [any]    Nanoseconds of CLOCK_MONOTONIC, for what has to last so long or to end by then. */
int64_t moment_monotonic(void);
/* What is said to who has written another one. */
#define MOMENT_FORMS                                                                           \
	"2006-01-02, 2006-01-02T15:04, 2006-01-02T15:04:05 (UTC), 2006-01-02T15:04:05+01:00, " \
	"1136214245 (seconds since 1970), now, now-1h30m"

/* [any]    Reads 2006-01-02T15:04:05 (UTC), the same with a fraction, a Z or an offset, or without
 *          its seconds or its time of day, seconds, milli-, micro- or nanoseconds since 1970 (told
 *          apart by their 10, 13, 16 or 19 digits), "now" and "now-1h30m". The + of an offset may
 *          be a blank. False for anything else, and before 1970 or after 2262. */
bool moment_parse(const char *text, int64_t now_ns, int64_t *ns);
/* [any]    The same for the end of a range: a date before 1970 or after 2262 is the nearest time
 * that there is. */
bool moment_parse_bound(const char *text, int64_t now_ns, int64_t *ns);
/* [any]    "2006-01-02T15:04:05Z", the fraction cut off. */
void moment_format(char text[MOMENT_SIZE], int64_t ns);
