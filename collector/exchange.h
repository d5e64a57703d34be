/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h -- one request and the answer to it, apart from how they travel.
 *
 * A handler gets an exchange and owns it until it calls one of exchange_send, exchange_refuse and
 * exchange_fail, once, at any time and from any thread. After that there is no exchange any more.
 */
#pragma once

#include "collector/query_string.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXCHANGE_OK = 200,
	EXCHANGE_NO_CONTENT = 204,
	EXCHANGE_BAD_REQUEST = 400,
	EXCHANGE_UNAUTHORIZED = 401,
	EXCHANGE_FORBIDDEN = 403,
	EXCHANGE_NOT_FOUND = 404,
	EXCHANGE_METHOD_NOT_ALLOWED = 405,
	EXCHANGE_TOO_LARGE = 413,
	EXCHANGE_UNPROCESSABLE = 422,
	EXCHANGE_FAILED = 500,
	EXCHANGE_UNAVAILABLE = 503,
	EXCHANGE_NO_SPACE = 507,
};

struct collector;
struct tenant;

struct exchange {
	struct collector *collector; /* what handlers work on */
	const char *method;
	char *path; /* as it was sent, without query and without slashes at its end */
	struct query_string query;
	char *content_type, *authorization, *api_key; /* headers, "" when absent */
	const uint8_t *body;			      /* stays until there is the answer */
	size_t body_size;
	bool is_local; /* it came over a unix socket */
	/* Whose profiles it is about, see exchange_tenant: nobody's, until the routes say. */
	struct tenant *tenant; /* held */
	bool is_for_everybody;

	unsigned status; /* of the answer; 0: there is none yet */
	const char *answer_type;
	char *file_name; /* for Content-Disposition, or NULL */
	uint8_t *answer;
	size_t answer_size;

	void (*finish)(struct exchange *);  /* takes the answer away; the server's, or a test's */
	bool (*is_gone)(struct exchange *); /* whether nobody waits for the answer; may be NULL */
};

/* [any]    Answers with bytes, from malloc, which are the exchange's from here on. type is static.
 *          bytes NULL with a size means that there was no memory: 500. */
void exchange_send(struct exchange *, unsigned status, const char *type, void *bytes, size_t size);
/* [any]    Answers with profefe's envelope: {"code":400,"error":"..."}. */
__attribute__((format(printf, 3, 4))) void exchange_refuse(struct exchange *, unsigned status,
							   const char *format, ...);
/* [any]    Answers -errno of a store or of memory: 507 when the disk is full, 503 when too much
 *          waits already, 422 when a selector has cost too much, 500 otherwise. */
void exchange_fail(struct exchange *, int error);
/* [any]    Names the file that a browser would save the answer as. */
void exchange_name_file(struct exchange *, const char *name);
/* [any]    Whose profiles the request is about: for each query of the store and each reading. NULL:
 *          everybody's. */
const struct tenant *exchange_tenant(const struct exchange *);
/* [any]    Frees what request and answer consist of. */
void exchange_clear(struct exchange *);
