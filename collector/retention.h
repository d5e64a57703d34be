/* SPDX-License-Identifier: Apache-2.0 */
/* retention.h -- how long what is kept: a default, and rules for services and types. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	RETENTION_RULES_MAX = 16,
	RETENTION_PATTERN_SIZE = 128,
};

struct retention {
	uint64_t keep_ms;      /* without a rule; 0: for ever */
	uint64_t max_bytes;    /* on disk; 0: no limit */
	uint64_t min_free;     /* bytes that stay free on that disk; 0: no limit */
	uint64_t originals_ms; /* what is there as a compact record too is kept as it was uploaded
				* so long; 0: as long as the record */
	size_t rule_count;
	struct {
		char pattern[RETENTION_PATTERN_SIZE];
		uint64_t keep_ms;
	} rules[RETENTION_RULES_MAX];
};

/* [any]    Reads "trace=24h,shop/heap=30d": TYPE or SERVICE/TYPE, with * and ?, then a duration.
 *          0, -EINVAL and *bad is the entry that is wrong, in text. */
int retention_parse_rules(struct retention *, const char *text, const char **bad);
/* [any]    The pattern of the first rule that fits, "" when none does. */
const char *retention_rule(const struct retention *, const char *service, const char *type);
/* [any]    How long what was stored under a rule is kept now, in ms, 0 for ever. A rule that is no
 *          longer there counts as none. */
uint64_t retention_keep_ms(const struct retention *, const char *rule);
