/* SPDX-License-Identifier: Apache-2.0 */
/* debugfile.h -- finds the file that holds what strip took out of an object. */
#pragma once

#include "core/elf.h"

/* Where distributions put them. */
#define DEBUGFILE_ROOT "/usr/lib/debug"

struct debugfile_wanted {
	const char *root;	  /* DEBUGFILE_ROOT, but for tests */
	const char *path;	  /* of the object */
	const struct elf *object; /* for its .gnu_debuglink; NULL when the object cannot be read */
	const uint8_t *build_id;
	size_t build_id_size;
};

/* [worker] Opens ROOT/.build-id/xx/yyyy.debug, else what .gnu_debuglink names: beside the object,
 * in .debug beside it, or below ROOT. Taken only when it has a .symtab and the same build id, or,
 * where the object has none, the checksum the link gives (files up to 64 MiB). 0, or -ENOENT. */
int debugfile_open(struct elf *debug, const struct debugfile_wanted *);
