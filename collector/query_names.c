/* SPDX-License-Identifier: Apache-2.0 */
/* query_names.c -- whether a query has parameters that nobody reads. */
#include "collector/query_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_SIZE = 24, /* of names that are compared: ours are shorter */
	SHORT = 5,	/* letters of which one may be wrong; of more, two */
	START = 3,	/* letters that may stand for a longer name */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool are_turned(const char *a, const char *b)
{
	return a[0] == b[-1] && a[-1] == b[0];
}

/* Letters that are missing, too many, others, or two in the wrong order: row i, column k is how
 * many there are when only i letters of a and k of b are looked at. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[NAME_SIZE][NAME_SIZE];
	size_t height = strlen(a), width = strlen(b);
	for (size_t k = 0; k <= width; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= height; i++) {
		rows[i][0] = i;
		for (size_t k = 1; k <= width; k++) {
			size_t changed = rows[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
			rows[i][k] = least(changed, least(rows[i - 1][k], rows[i][k - 1]) + 1);
			if (i > 1 && k > 1 && are_turned(&a[i - 1], &b[k - 1]))
				rows[i][k] = least(rows[i][k], rows[i - 2][k - 2] + 1);
		}
	}
	return rows[height][width];
}

/* In small letters; false when it is too long to be nearly one of ours. */
static bool fold(char folded[NAME_SIZE], const char *key)
{
	size_t len = strlen(key);
	if (len >= NAME_SIZE)
		return false;
	for (size_t i = 0; i <= len; i++)
		folded[i] = (char)tolower((unsigned char)key[i]);
	return true;
}

/* How far a key is from a name that it may be meant for; NAME_SIZE: it is not. */
static size_t misspelt(const char *key, const char *name)
{
	size_t allowed = strlen(name) <= SHORT ? 1 : 2, len = strlen(key);
	if (len < START)
		return NAME_SIZE;
	size_t wrong = distance(key, name);
	if (wrong > allowed && !strncmp(name, key, len))
		wrong = allowed;
	return wrong <= allowed ? wrong : NAME_SIZE;
}

static bool has(const struct query_string *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++)
		if (!strcmp(query->pairs[i].key, name))
			return true;
	return false;
}

/* The next one of them; false behind the last. */
static bool take_name(const char **names, char name[NAME_SIZE])
{
	*names += strspn(*names, ", ");
	size_t len = strcspn(*names, ", ");
	snprintf(name, NAME_SIZE, "%.*s", (int)len, *names);
	*names += len;
	return len > 0;
}

/* The name that a key was meant for, which is not there itself; "" for none. */
static void guess(const struct query_string *query, const char *key, const char *names,
		  char meant[NAME_SIZE])
{
	char name[NAME_SIZE], folded[NAME_SIZE] = "";
	size_t best = NAME_SIZE;
	*meant = '\0';
	if (!fold(folded, key))
		return;
	while (take_name(&names, name)) {
		size_t wrong = misspelt(folded, name);
		if (wrong >= best || has(query, name))
			continue;
		best = wrong;
		memcpy(meant, name, NAME_SIZE);
	}
}

static bool is_one(const char *names, const char *key)
{
	char name[NAME_SIZE];
	while (take_name(&names, name))
		if (!strcmp(name, key))
			return true;
	return *key == '\0';
}

int query_names_check(const struct query_names *names, const struct query_string *query,
		      char error[QUERY_NAMES_ERROR_SIZE])
{
	char meant[NAME_SIZE];
	for (size_t i = 0; i < query->count; i++) {
		const char *key = query->pairs[i].key;
		if (is_one(names->list, key))
			continue;
		guess(query, key, names->list, meant);
		if (!*meant && !names->is_all)
			continue;
		if (*meant)
			snprintf(error, QUERY_NAMES_ERROR_SIZE,
				 "there is no parameter \"%.100s\"; did you mean \"%s\"?", key,
				 meant);
		else
			snprintf(error, QUERY_NAMES_ERROR_SIZE,
				 "there is no parameter \"%.100s\" here; there are %s", key,
				 names->list);
		return -EINVAL;
	}
	return 0;
}
