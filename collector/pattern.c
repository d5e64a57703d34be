/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c -- regular expressions for what anybody may ask, in bounded time and memory. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "collector/pattern.h"

#include "collector/moment.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	GROUPS_DEEP = 32,    /* groups within groups */
	WAYS_MAX = 100000,   /* that are tried for one value: about a millisecond */
	HEAP_MAX_KIB = 1024, /* for the places to go back to */
};

struct pattern {
	pcre2_compile_context *reading;
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *found;
};

static bool open_contexts(struct pattern *p)
{
	p->reading = pcre2_compile_context_create(NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->reading || !p->limits)
		return false;
	pcre2_set_max_pattern_length(p->reading, PATTERN_TEXT_MAX);
	pcre2_set_parens_nest_limit(p->reading, GROUPS_DEEP);
	pcre2_set_match_limit(p->limits, WAYS_MAX);
	pcre2_set_heap_limit(p->limits, HEAP_MAX_KIB);
	return true;
}

struct pattern *pattern_compile(const char *text, char wrong[PATTERN_ERROR_SIZE])
{
	const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL | PCRE2_UTF |
				 PCRE2_MATCH_INVALID_UTF | PCRE2_NO_AUTO_CAPTURE;
	struct pattern *p = calloc(1, sizeof *p);
	int error = 0;
	PCRE2_SIZE at = 0;
	if (p && open_contexts(p))
		p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error,
					&at, p->reading);
	if (p && p->code)
		p->found = pcre2_match_data_create(1, NULL);
	if (p && p->found)
		return p;
	snprintf(wrong, PATTERN_ERROR_SIZE, "no memory");
	if (error)
		pcre2_get_error_message(error, (PCRE2_UCHAR *)wrong, PATTERN_ERROR_SIZE);
	pattern_free(p);
	return NULL;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_match_data_free(p->found);
	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
	pcre2_compile_context_free(p->reading);
	free(p);
}

bool pattern_matches(const struct pattern *p, const char *value, uint64_t *budget_ns)
{
	int64_t begin = moment_monotonic();
	int status = *budget_ns ? pcre2_match(p->code, (PCRE2_SPTR)value, strlen(value), 0, 0,
					      p->found, p->limits)
				: PCRE2_ERROR_MATCHLIMIT;
	uint64_t taken = (uint64_t)(moment_monotonic() - begin);
	/* Any other is a limit of the above, or memory: nobody knows whether it would match. */
	bool is_known = status >= 0 || status == PCRE2_ERROR_NOMATCH;
	*budget_ns = is_known && taken < *budget_ns ? *budget_ns - taken : 0;
	return status >= 0 && *budget_ns;
}
