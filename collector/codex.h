/* SPDX-License-Identifier: Apache-2.0 */
/* codex.h -- the dictionary that the compact records of one service on one day refer to, and its
 * file.
 *
 * One thread adds, any number read what they have been given. What was added is durable before any
 * record that refers to it is.
 */
#pragma once

#include "collector/dictionary_bytes.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
	CODEX_MEMORY_MAX = 32 << 20, /* a dictionary that is larger takes nothing more */
	CODEX_NAME_SIZE = 40,
};

struct codex {
	char *service;
	struct dictionary *dictionary;
	struct dictionary_mark mark; /* how far it is in the file */
	int fd;
	uint64_t size; /* of the file's whole pieces */
	atomic_int references;
	int64_t used_ns; /* the last time that somebody wanted it; the owner's */
	struct codex *next;
};

/* [any]    Loads the codex of a service out of a directory, where its file is made when needed; a
 *          torn end is cut off. Returned with one reference. 0, -EBADMSG when it is damaged,
 *          -errno. */
int codex_open(struct codex **, int directory, const char *service, uint64_t seed);
/* [any]    The same for who only reads, also beside one who writes: no file is made, and what is
 * torn is left alone. */
int codex_read(struct codex **, int directory, const char *service, uint64_t seed);
/* [any]    One user less; the last one frees it. NULL is fine. */
void codex_release(struct codex *);
/* [compactor] What was added becomes durable. 0, -errno: then it will be written the next time. */
int codex_save(struct codex *);
/* [any]    The name of the file of a service. */
void codex_name(char name[CODEX_NAME_SIZE], const char *service);
