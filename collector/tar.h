/* SPDX-License-Identifier: Apache-2.0 */
/* tar.h -- files in a tar, one after the other: written as ustar, read as others have packed them.
 *
 * What is read may have come from anywhere, also through GNU's or BSD's tar, so long names and
 * sizes are understood as pax and as GNU write them. A library for all formats there are would
 * bring far more code to untrusted bytes than the two that are needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	TAR_NAME_SIZE = 4096,
	TAR_DIRECTORY_MAX = 154, /* bytes; what is written has to fit */
	TAR_FILE_MAX = 99,
};

struct tar_file { /* to be written */
	const char *directory, *name;
	const void *bytes;
	uint64_t size;
	int64_t time_s; /* not negative */
};

/* [any]    Writes a file, or the end of all. 0, -errno. */
int tar_write(FILE *, const struct tar_file *);
int tar_finish(FILE *);

struct tar { /* to be read */
	FILE *file;
	uint64_t left, padding; /* of the entry that was read last */
};

struct tar_entry {
	char name[TAR_NAME_SIZE]; /* as it stands there */
	uint64_t size;
	bool is_file; /* else a directory, a link, ... */
};

/* [any]    The next entry; what is left of the one before is passed over. 1, 0 at the end, -EBADMSG
 *          when it is no tar or cut off, -errno. */
int tar_next(struct tar *, struct tar_entry *);
/* [any]    The next size bytes of the entry, which has so many. 0, -EBADMSG when it is cut off,
 *          -errno. */
int tar_take(struct tar *, void *bytes, size_t size);
