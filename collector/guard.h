/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h -- who may do what: tokens from a file, of which only hashes are stored.
 *
 * A line of the file: a name, scopes (ingest, query, admin) separated by commas, the SHA-256 of
 * the token in hex, and, if it is not for everybody's profiles, constraints as tenant.h has them;
 * separated by blanks. What begins with # is a comment. `conprofd token` makes such a line. Of
 * several lines of one token the first that has the scope holds. A token is presented as "Bearer
 * TOKEN", or as HTTP Basic with the name as user and the token as password.
 */
#pragma once

#include "collector/tenant.h"

#include <stdbool.h>
#include <stddef.h>

enum guard_scope {
	GUARD_NONE = 0, /* for everybody */
	GUARD_INGEST = 1,
	GUARD_QUERY = 2,
	GUARD_ADMIN = 4,    /* everything; never with constraints */
	GUARD_OVERVIEW = 8, /* what is about everybody: a query without constraints */
};

enum {
	GUARD_ERROR_SIZE = 256,
	GUARD_TOKEN_SIZE = 33, /* 128 bits in hex, and the NUL */
	GUARD_HASH_SIZE = 65,
};

enum guard_verdict { GUARD_GRANTED, GUARD_UNKNOWN, GUARD_FORBIDDEN };

struct guard;

/* [any]    Reads the tokens of a file. NULL, and error says why in one line. */
struct guard *guard_load(const char *path, char error[GUARD_ERROR_SIZE]);
/* [any]    NULL is fine. */
void guard_destroy(struct guard *);
/* [any]    Whether who sent these headers, "" when absent, may do what needs the scope, and for
 *          whose profiles: *tenant is held for the caller. api_key is Datadog's header,
 *          "name:token" as old clients of Blackfire send it. */
enum guard_verdict guard_check(const struct guard *, const char *authorization, const char *api_key,
			       enum guard_scope, struct tenant **tenant);
/* [any]    Scopes as words; 0 when one is none. */
unsigned guard_scopes(const char *words);
/* [any]    A new token and its hash. 0, -errno. */
int guard_make_token(char token[GUARD_TOKEN_SIZE], char hash[GUARD_HASH_SIZE]);
