/* SPDX-License-Identifier: Apache-2.0 */
/* selector.c -- which profiles a query means: {region="eu",host=~"web.*",debug!="1"}. */
#include "collector/selector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

static int complain(char error[SELECTOR_ERROR_SIZE], const char *what, const char *at)
{
	snprintf(error, SELECTOR_ERROR_SIZE, "%s at \"%.40s\"", what, at);
	return -EINVAL;
}

static char *take_key(const char **text)
{
	size_t len = strcspn(*text, "=!,{}\" \t\r\n");
	char *key = len ? strndup(*text, len) : NULL;
	*text += len;
	return key;
}

static bool take_operator(const char **text, struct matcher *matcher, bool *is_pattern)
{
	static const struct {
		const char *text;
		bool negated, is_pattern;
	} operators[] = {
		{"=~", false, true}, {"!~", true, true}, {"!=", true, false}, {"=", false, false}};
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].text);
		if (strncmp(*text, operators[i].text, len) != 0)
			continue;
		matcher->negated = operators[i].negated;
		*is_pattern = operators[i].is_pattern;
		*text += len;
		return true;
	}
	return false;
}

/* A value in quotes, with \" and \\, or a bare one up to a comma or brace. */
static char *take_value(const char **text)
{
	bool quoted = **text == '"';
	if (!quoted) {
		size_t len = strcspn(*text, ",}");
		while (len && strchr(blanks, (*text)[len - 1]))
			len--;
		char *value = strndup(*text, len);
		*text += len;
		return value;
	}
	char *value = malloc(strlen(*text));
	char *at = value;
	for (++*text; at && **text && **text != '"'; ++*text) {
		if (**text == '\\' && ((*text)[1] == '"' || (*text)[1] == '\\'))
			++*text;
		*at++ = **text;
	}
	if (!at || **text != '"') {
		free(value);
		return NULL;
	}
	++*text;
	*at = '\0';
	return value;
}

static void clear_matcher(struct matcher *matcher)
{
	free(matcher->key);
	free(matcher->value);
	pattern_free(matcher->pattern);
}

static int take_matcher(struct matcher *matcher, const char **text, char error[SELECTOR_ERROR_SIZE])
{
	const char *begin = *text;
	char wrong[PATTERN_ERROR_SIZE] = "";
	bool is_pattern;
	memset(matcher, 0, sizeof *matcher);
	matcher->key = take_key(text);
	*text += strspn(*text, blanks);
	if (!matcher->key || !take_operator(text, matcher, &is_pattern)) {
		free(matcher->key);
		return complain(error, "a label, then =, !=, =~ or !~ was expected", begin);
	}
	*text += strspn(*text, blanks);
	matcher->value = take_value(text);
	bool has_value = matcher->value != NULL;
	if (has_value && is_pattern)
		matcher->pattern = pattern_compile(matcher->value, wrong);
	if (has_value && (!is_pattern || matcher->pattern))
		return 0;
	clear_matcher(matcher);
	if (!has_value)
		return complain(error, "a value without its closing quote", begin);
	snprintf(error, SELECTOR_ERROR_SIZE, "a regular expression: %.80s: \"%.40s\"", wrong,
		 begin);
	return -EINVAL;
}

int selector_parse(struct selector *selector, const char *text, char error[SELECTOR_ERROR_SIZE])
{
	memset(selector, 0, sizeof *selector);
	selector->budget = SELECTOR_BUDGET;
	text += strspn(text, blanks);
	bool braced = *text == '{';
	text += braced;
	int status = 0;
	for (;;) {
		text += strspn(text, ", \t\r\n");
		if (*text == '\0' || *text == '}')
			break;
		if (selector->count == SELECTOR_MAX)
			status = complain(error, "too many conditions", text);
		else
			status = take_matcher(&selector->at[selector->count], &text, error);
		if (status)
			break;
		selector->count++;
	}
	if (!status && (*text == '}') != braced)
		status = complain(error, "a brace has no partner", text);
	if (!status && braced && text[1 + strspn(text + 1, blanks)])
		status = complain(error, "something follows the brace", text);
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
