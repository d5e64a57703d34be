/* SPDX-License-Identifier: Apache-2.0 */
/* selector.c -- which profiles a query means: {region="eu",host=~"web.*",debug!="1"}. */
#include "collector/selector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n", separators[] = ", \t\r\n";

/* What is being read: its beginning, and what is left of it. */
struct reading {
	const char *text, *at;
	char *error; /* SELECTOR_ERROR_SIZE bytes */
};

static int complain(const struct reading *r, const char *what, const char *at)
{
	if (*at)
		snprintf(r->error, SELECTOR_ERROR_SIZE, "%s at byte %zu, \"%.40s\"", what,
			 (size_t)(at - r->text) + 1, at);
	else
		snprintf(r->error, SELECTOR_ERROR_SIZE, "%s at its end", what);
	return -EINVAL;
}

static void skip(struct reading *r, const char *characters)
{
	r->at += strspn(r->at, characters);
}

static char *take_key(struct reading *r)
{
	size_t len = strcspn(r->at, "=!,{}\"'` \t\r\n");
	char *key = len ? strndup(r->at, len) : NULL;
	r->at += len;
	return key;
}

static bool take_operator(struct reading *r, struct matcher *matcher, bool *is_pattern)
{
	static const struct {
		const char *text;
		bool negated, is_pattern;
	} operators[] = {
		{"=~", false, true}, {"!~", true, true}, {"!=", true, false}, {"=", false, false}};
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].text);
		if (strncmp(r->at, operators[i].text, len) != 0)
			continue;
		matcher->negated = operators[i].negated;
		*is_pattern = operators[i].is_pattern;
		r->at += len;
		return true;
	}
	return false;
}

/* With \" and \\. */
static int take_quoted(struct reading *r, char **value)
{
	const char *begin = r->at++;
	char *at = malloc(strlen(begin));
	*value = at;
	if (!at)
		return -ENOMEM;
	for (; *r->at && *r->at != '"'; r->at++) {
		if (*r->at == '\\' && (r->at[1] == '"' || r->at[1] == '\\'))
			r->at++;
		*at++ = *r->at;
	}
	*at = '\0';
	if (*r->at != '"')
		return complain(r, "the closing \" is missing of the value", begin);
	r->at++;
	return 0;
}

/* What follows it shows whether it has ended where it was meant to. */
static int take_value(struct reading *r, char **value)
{
	size_t len = strcspn(r->at, ",;{}\"'` \t\r\n");
	if (*r->at == '"')
		return take_quoted(r, value);
	if (*r->at == '\'' || *r->at == '`')
		return complain(r, "a value has double quotes, not these,", r->at);
	if (len == 0 || strchr("=~!", *r->at))
		return complain(r, "a value was expected, \"\" is the empty one,", r->at);
	*value = strndup(r->at, len);
	r->at += len;
	return *value ? 0 : -ENOMEM;
}

static void clear_matcher(struct matcher *matcher)
{
	free(matcher->key);
	free(matcher->value);
	pattern_free(matcher->pattern);
}

static int compile(struct reading *r, struct matcher *matcher, const char *begin)
{
	char wrong[PATTERN_ERROR_SIZE] = "";
	matcher->pattern = pattern_compile(matcher->value, wrong);
	if (matcher->pattern)
		return 0;
	snprintf(r->error, SELECTOR_ERROR_SIZE, "a regular expression: %.80s: \"%.40s\"", wrong,
		 begin);
	return -EINVAL;
}

/* The caller clears the matcher in any case. */
static int take_matcher(struct reading *r, struct matcher *matcher)
{
	const char *begin = r->at;
	bool is_pattern;
	memset(matcher, 0, sizeof *matcher);
	matcher->key = take_key(r);
	skip(r, blanks);
	if (!matcher->key || !take_operator(r, matcher, &is_pattern))
		return complain(r, "a label, then =, !=, =~ or !~ was expected", begin);
	skip(r, blanks);
	int status = take_value(r, &matcher->value);
	return !status && is_pattern ? compile(r, matcher, begin) : status;
}

static bool is_end(const struct reading *r)
{
	return *r->at == '\0' || *r->at == '}';
}

static int take_matchers(struct reading *r, struct selector *selector)
{
	int status = 0;
	for (skip(r, separators); !status && !is_end(r); skip(r, separators)) {
		if (selector->count == SELECTOR_MAX)
			return complain(r, "too many conditions", r->at);
		status = take_matcher(r, &selector->at[selector->count++]);
		skip(r, blanks);
		if (!status && *r->at != ',' && !is_end(r))
			status = complain(r, "a comma was expected", r->at);
	}
	return status;
}

static int take_all(struct reading *r, struct selector *selector)
{
	skip(r, blanks);
	bool braced = *r->at == '{';
	r->at += braced;
	int status = take_matchers(r, selector);
	if (status)
		return status;
	if (*r->at == '\0')
		return braced ? complain(r, "the closing } is missing", r->at) : 0;
	if (!braced)
		return complain(r, "there is no { for the }", r->at);
	r->at++;
	skip(r, blanks);
	return *r->at ? complain(r, "nothing was expected behind the }, but there is more", r->at)
		      : 0;
}

int selector_parse(struct selector *selector, const char *text, char error[SELECTOR_ERROR_SIZE])
{
	struct reading r = {text, text, error};
	memset(selector, 0, sizeof *selector);
	selector->budget = SELECTOR_BUDGET;
	int status = take_all(&r, selector);
	if (status)
		selector_clear(selector);
	return status;
}

static bool one_matches(const struct matcher *matcher, const char *value, uint64_t *budget)
{
	bool same = matcher->pattern ? pattern_matches(matcher->pattern, value, budget)
				     : strcmp(matcher->value, value) == 0;
	return same != matcher->negated;
}

int selector_matches(struct selector *selector, const char *service, const char *type,
		     const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct matcher *matcher = &selector->at[i];
		const char *value = !strcmp(matcher->key, "service") ? service
				    : !strcmp(matcher->key, "type")
					    ? type
					    : labels_get(labels, matcher->key);
		if (!one_matches(matcher, value ? value : "", &selector->budget))
			return selector->budget ? 0 : -ETIME;
	}
	return selector->budget ? 1 : -ETIME;
}

void selector_clear(struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		clear_matcher(&selector->at[i]);
	selector->count = 0;
}
