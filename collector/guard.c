/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c -- who may do what: tokens from a file, of which only hashes are stored. */
#include "collector/guard.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum {
	NAME_SIZE = 128,
	LINE_SIZE = 4096,
	CREDENTIAL_MAX = 512,
	TOKENS_MAX = 4096,
};

struct guard {
	size_t count;
	struct entry {
		char name[NAME_SIZE];
		unsigned scopes;
		uint8_t hash[SHA256_DIGEST_SIZE];
		struct tenant *tenant; /* NULL: no constraints */
	} entries[];
};

/* ---- the file ------------------------------------------------------------------------------ */

unsigned guard_scopes(const char *words)
{
	static const struct {
		const char *word;
		enum guard_scope scope;
	} known[] = {{"ingest", GUARD_INGEST}, {"query", GUARD_QUERY}, {"admin", GUARD_ADMIN}};
	unsigned scopes = 0;
	while (*words) {
		size_t len = strcspn(words, ",");
		unsigned found = 0;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strlen(known[i].word) == len && !strncmp(words, known[i].word, len))
				found = known[i].scope;
		if (!found)
			return 0;
		scopes |= found;
		words += len + (words[len] == ',');
	}
	return scopes;
}

static bool parse_hash(uint8_t hash[SHA256_DIGEST_SIZE], const char *hex)
{
	if (strlen(hex) != GUARD_HASH_SIZE - 1)
		return false;
	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++) {
		char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
		char *end;
		hash[i] = (uint8_t)strtoul(pair, &end, 16);
		if (*end || pair[0] == '-' || pair[0] == '+' || pair[0] == ' ')
			return false;
	}
	return true;
}

static bool parse_line(struct entry *entry, char *line)
{
	char *rest = NULL;
	const char *name = strtok_r(line, " \t\n", &rest);
	const char *scopes = strtok_r(NULL, " \t\n", &rest);
	const char *hash = strtok_r(NULL, " \t\n", &rest);
	const char *constraints = strtok_r(NULL, " \t\n", &rest);
	*entry = (struct entry){0};
	if (!name || !scopes || !hash || strtok_r(NULL, " \t\n", &rest) ||
	    strlen(name) >= NAME_SIZE || strchr(name, ':'))
		return false;
	strcpy(entry->name, name); /* its length was checked */
	entry->scopes = guard_scopes(scopes);
	if (!entry->scopes || !parse_hash(entry->hash, hash))
		return false;
	return !constraints ||
	       (!(entry->scopes & GUARD_ADMIN) && !tenant_parse(&entry->tenant, constraints));
}

static struct guard *add_entry(struct guard *guard, const struct entry *entry)
{
	size_t size = sizeof *guard + (guard->count + 1) * sizeof guard->entries[0];
	struct guard *more = guard->count < TOKENS_MAX ? realloc(guard, size) : NULL;
	if (!more) {
		tenant_release(entry->tenant);
		guard_destroy(guard);
		return NULL;
	}
	more->entries[more->count++] = *entry;
	return more;
}

static struct guard *read_lines(FILE *file, const char *path, char error[GUARD_ERROR_SIZE])
{
	char line[LINE_SIZE];
	struct guard *guard = calloc(1, sizeof *guard);
	for (int number = 1; guard && fgets(line, sizeof line, file); number++) {
		struct entry entry;
		if (line[strspn(line, " \t\n")] == '\0' || line[strspn(line, " \t")] == '#')
			continue;
		if (!strchr(line, '\n') &&
		    !feof(file)) /* too long: not half a line as a whole one */
			line[0] = '\0';
		if (!parse_line(&entry, line)) {
			snprintf(error, GUARD_ERROR_SIZE,
				 "%s:%d: not NAME SCOPES HASH [CONSTRAINTS], see `conprofd token "
				 "--help`",
				 path, number);
			guard_destroy(guard);
			return NULL;
		}
		guard = add_entry(guard, &entry);
	}
	if (!guard)
		snprintf(error, GUARD_ERROR_SIZE, "%s: no memory, or too many tokens", path);
	return guard;
}

struct guard *guard_load(const char *path, char error[GUARD_ERROR_SIZE])
{
	FILE *file = fopen(path, "re");
	if (!file) {
		snprintf(error, GUARD_ERROR_SIZE, "%s: %s", path, strerror(errno));
		return NULL;
	}
	struct guard *guard = read_lines(file, path, error);
	fclose(file);
	return guard;
}

void guard_destroy(struct guard *guard)
{
	for (size_t i = 0; guard && i < guard->count; i++)
		tenant_release(guard->entries[i].tenant);
	free(guard);
}

/* ---- requests ------------------------------------------------------------------------------ */

/* Takes as long for any two hashes. */
static bool is_same(const uint8_t *a, const uint8_t *b)
{
	unsigned differs = 0;
	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return differs == 0;
}

static bool allows(const struct entry *entry, enum guard_scope scope)
{
	if (scope == GUARD_NONE || entry->scopes & GUARD_ADMIN)
		return true;
	if (scope == GUARD_OVERVIEW)
		return entry->scopes & GUARD_QUERY && !entry->tenant;
	return entry->scopes & scope;
}

/* name NULL: any. */
static enum guard_verdict check(const struct guard *guard, const char *name, const char *token,
				enum guard_scope scope, struct tenant **tenant)
{
	uint8_t hash[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	enum guard_verdict verdict = GUARD_UNKNOWN;
	sha256_init(&sha);
	sha256_update(&sha, strlen(token), (const uint8_t *)token);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, hash);
	for (size_t i = 0; i < guard->count; i++) {
		const struct entry *entry = &guard->entries[i];
		if (!is_same(entry->hash, hash) || (name && strcmp(name, entry->name) != 0))
			continue;
		if (allows(entry, scope)) {
			*tenant = tenant_hold(entry->tenant);
			return GUARD_GRANTED;
		}
		verdict = GUARD_FORBIDDEN;
	}
	return verdict;
}

static int digit64(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Decodes until the padding; false when anything else is in it, or when it is too long. */
static bool decode64(char out[CREDENTIAL_MAX], const char *text)
{
	size_t len = 0;
	unsigned bits = 0, count = 0;
	for (; *text && *text != '='; text++) {
		int value = digit64(*text);
		if (value < 0 || len + 1 >= CREDENTIAL_MAX)
			return false;
		bits = bits << 6 | (unsigned)value;
		count += 6;
		if (count >= 8)
			out[len++] = (char)(bits >> (count -= 8));
	}
	out[len] = '\0';
	return strlen(out) == len;
}

static enum guard_verdict check_pair(const struct guard *guard, char *pair, enum guard_scope scope,
				     struct tenant **tenant)
{
	char *colon = strchr(pair, ':');
	if (!colon)
		return GUARD_UNKNOWN;
	*colon = '\0';
	return check(guard, pair, colon + 1, scope, tenant);
}

enum guard_verdict guard_check(const struct guard *guard, const char *authorization,
			       const char *api_key, enum guard_scope scope, struct tenant **tenant)
{
	char pair[CREDENTIAL_MAX];
	*tenant = NULL;
	if (!strncasecmp(authorization, "Bearer ", 7))
		return check(guard, NULL, authorization + 7, scope, tenant);
	if (!strncasecmp(authorization, "Basic ", 6))
		return decode64(pair, authorization + 6) ? check_pair(guard, pair, scope, tenant)
							 : GUARD_UNKNOWN;
	if (!*api_key || strlen(api_key) >= sizeof pair)
		return GUARD_UNKNOWN;
	strcpy(pair, api_key); /* its length was checked */
	return check_pair(guard, pair, scope, tenant);
}

static void to_hex(char *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

int guard_make_token(char token[GUARD_TOKEN_SIZE], char hash[GUARD_HASH_SIZE])
{
	uint8_t random[(GUARD_TOKEN_SIZE - 1) / 2], digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return -errno;
	to_hex(token, random, sizeof random);
	sha256_init(&sha);
	sha256_update(&sha, strlen(token), (const uint8_t *)token);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
	to_hex(hash, digest, sizeof digest);
	return 0;
}
