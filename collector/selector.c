/* SPDX-License-Identifier: Apache-2.0 */
/* selector.c -- which profiles a query means: {region="eu",host=~"web.*",debug!="1"}. */
#include "collector/selector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

enum {
	GROUPS_MAX = 16, /* open at once */
	PLUS_MAX = 3,	 /* one + within another */
};

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

static bool take_operator(const char **text, struct matcher *matcher)
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
		matcher->is_pattern = operators[i].is_pattern;
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

/* Behind [...], in which nothing means anything. */
static const char *skip_bracket(const char *pattern)
{
	pattern += 1 + (pattern[1] == '^');
	pattern += *pattern == ']';
	while (*pattern && *pattern != ']')
		pattern++;
	return *pattern ? pattern : pattern - 1;
}

/* As of glibc 2.36 each + doubles what it repeats, so that ++++ and ((x+)+)+ take for ever. */
static bool nests_deeply(const char *pattern)
{
	unsigned inside[GROUPS_MAX] = {0}; /* the deepest + of each group that is open */
	unsigned depth = 0, last = 0;	   /* last: of what stands before */
	for (; *pattern; pattern++) {
		if (*pattern == '+')
			last++;
		else if (*pattern == ')' && depth > 0)
			last = inside[depth--];
		else if (*pattern != '*' && *pattern != '?')
			last = 0;
		if (*pattern == '(') {
			if (++depth == GROUPS_MAX)
				return true;
			inside[depth] = 0;
		}
		if (last > PLUS_MAX)
			return true;
		if (last > inside[depth])
			inside[depth] = last;
		if (*pattern == '[')
			pattern = skip_bracket(pattern);
		pattern += *pattern == '\\' && pattern[1];
	}
	return false;
}

/* What a regex implementation that backtracks or unrolls must not be asked. */
static bool is_harmless(const char *pattern)
{
	if (strlen(pattern) > SELECTOR_PATTERN_MAX || nests_deeply(pattern))
		return false;
	for (; *pattern; pattern++) {
		if (*pattern == '{')
			return false;
		if (*pattern != '\\')
			continue;
		pattern++;
		if (*pattern == '\0' || (*pattern >= '0' && *pattern <= '9'))
			return false;
	}
	return true;
}

static bool compile(struct matcher *matcher)
{
	char whole[SELECTOR_PATTERN_MAX + 8];
	if (!is_harmless(matcher->value))
		return false;
	snprintf(whole, sizeof whole, "^(%s)$", matcher->value);
	return regcomp(&matcher->pattern, whole, REG_EXTENDED | REG_NOSUB) == 0;
}

static void clear_matcher(struct matcher *matcher)
{
	free(matcher->key);
	free(matcher->value);
	if (matcher->is_pattern)
		regfree(&matcher->pattern);
}

static int take_matcher(struct matcher *matcher, const char **text, char error[SELECTOR_ERROR_SIZE])
{
	const char *begin = *text;
	memset(matcher, 0, sizeof *matcher);
	matcher->key = take_key(text);
	*text += strspn(*text, blanks);
	if (!matcher->key || !take_operator(text, matcher)) {
		free(matcher->key);
		return complain(error, "a label, then =, !=, =~ or !~ was expected", begin);
	}
	*text += strspn(*text, blanks);
	matcher->value = take_value(text);
	if (matcher->value && (!matcher->is_pattern || compile(matcher)))
		return 0;
	bool no_value = !matcher->value;
	matcher->is_pattern = false; /* nothing was compiled */
	clear_matcher(matcher);
	return complain(error,
			no_value ? "a value without its closing quote"
				 : "a regular expression that is wrong, or not allowed",
			begin);
}

int selector_parse(struct selector *selector, const char *text, char error[SELECTOR_ERROR_SIZE])
{
	memset(selector, 0, sizeof *selector);
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

static bool one_matches(const struct matcher *matcher, const char *value)
{
	bool same = matcher->is_pattern ? regexec(&matcher->pattern, value, 0, NULL, 0) == 0
					: strcmp(matcher->value, value) == 0;
	return same != matcher->negated;
}

bool selector_matches(const struct selector *selector, const char *service, const char *type,
		      const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct matcher *matcher = &selector->at[i];
		const char *value = !strcmp(matcher->key, "service") ? service
				    : !strcmp(matcher->key, "type")
					    ? type
					    : labels_get(labels, matcher->key);
		if (!one_matches(matcher, value ? value : ""))
			return false;
	}
	return true;
}

void selector_clear(struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		clear_matcher(&selector->at[i]);
	selector->count = 0;
}
