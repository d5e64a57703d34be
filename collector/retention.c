/* SPDX-License-Identifier: Apache-2.0 */
/* retention.c -- how long what is kept: a default, and rules for services and types. */
#include "collector/retention.h"

#include "collector/amount.h"
#include "collector/text.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Blanks around a rule do not belong to it. */
static bool parse_rule(struct retention *retention, const char *text, size_t len)
{
	char entry[RETENTION_PATTERN_SIZE + 32];
	text_trim(&text, &len);
	if (!len)
		return true;
	if (len >= sizeof entry || retention->rule_count == RETENTION_RULES_MAX)
		return false;
	memcpy(entry, text, len);
	entry[len] = '\0';
	char *equals = strrchr(entry, '=');
	const char *pattern = entry;
	size_t pattern_len = equals ? (size_t)(equals - entry) : 0;
	text_trim(&pattern, &pattern_len);
	if (!pattern_len || pattern_len >= RETENTION_PATTERN_SIZE)
		return false;
	entry[pattern_len] = '\0';
	if (!amount_duration(equals + 1, &retention->rules[retention->rule_count].keep_ms))
		return false;
	strcpy(retention->rules[retention->rule_count++].pattern,
	       entry); /* its length was checked */
	return true;
}

int retention_parse_rules(struct retention *retention, const char *text, const char **bad)
{
	retention->rule_count = 0;
	while (*text) {
		size_t len = strcspn(text, ",");
		if (len && !parse_rule(retention, text, len)) {
			*bad = text;
			return -EINVAL;
		}
		text += len + (text[len] == ',');
	}
	return 0;
}

static bool fits(const char *pattern, const char *service, const char *type)
{
	char service_pattern[RETENTION_PATTERN_SIZE];
	const char *slash = strrchr(pattern, '/');
	if (!slash)
		return fnmatch(pattern, type, 0) == 0;
	snprintf(service_pattern, sizeof service_pattern, "%.*s", (int)(slash - pattern), pattern);
	return fnmatch(slash + 1, type, 0) == 0 && fnmatch(service_pattern, service, 0) == 0;
}

const char *retention_rule(const struct retention *retention, const char *service, const char *type)
{
	for (size_t i = 0; i < retention->rule_count; i++)
		if (fits(retention->rules[i].pattern, service, type))
			return retention->rules[i].pattern;
	return "";
}

uint64_t retention_keep_ms(const struct retention *retention, const char *rule)
{
	for (size_t i = 0; i < retention->rule_count; i++)
		if (!strcmp(retention->rules[i].pattern, rule))
			return retention->rules[i].keep_ms;
	return retention->keep_ms;
}
