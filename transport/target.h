/* SPDX-License-Identifier: Apache-2.0 */
/* target.h -- from the text of CONPROF_URL to the places profiles are sent to.
 *
 * Pure: no memory, file or socket is touched. Credentials are taken out of the URL at once, so
 * that everything but user and password may be shown.
 */
#pragma once

#include <stddef.h>

enum {
	TARGET_COUNT_MAX = 8,
	TARGET_URL_SIZE = 1024,
	TARGET_PATH_SIZE = 1024,
	TARGET_USER_SIZE = 128,
	TARGET_PASSWORD_SIZE = 512,
	TARGET_SOCKET_PATH_MAX = 107, /* sun_path less its NUL */
};

enum target_kind {
	TARGET_FILE,  /* path is the directory */
	TARGET_AGENT, /* url is what to POST to, through the unix socket at path unless that is ""
		       */
};

struct target {
	enum target_kind kind;
	char name[TARGET_URL_SIZE]; /* for people: as it was given, without the credentials */
	char url[TARGET_URL_SIZE];
	char path[TARGET_PATH_SIZE];
	char user[TARGET_USER_SIZE];	     /* "" when the URL names nobody; else both are set */
	char password[TARGET_PASSWORD_SIZE]; /* never to be shown */
};

/* [any] Reads the len bytes of one URL. NULL, or a static text that says why it was refused; the
 * target is undefined then. */
const char *target_parse(struct target *, const char *text, size_t len);
/* [any] Reads the len bytes of a comma-separated list. Returns the number of usable targets, in
 * order; *error is NULL or why the first refused entry was refused. */
size_t target_parse_list(struct target targets[TARGET_COUNT_MAX], const char *text, size_t len,
			 const char **error);
