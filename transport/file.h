/* SPDX-License-Identifier: Apache-2.0 */
/* file.h -- a parcel as files of a directory: SERVICE-PID-TYPE-NNNNNN.pb.gz.
 *
 * A file is written under a hidden name and renamed, so a reader never sees half of one. Nothing
 * that stands in the directory is opened, followed or replaced.
 */
#pragma once

#include <stdint.h>

#include "transport/parcel.h"

struct file_writer {   /* all zero at first; one per directory */
	uint32_t pid;  /* of whom next is known; 0: of nobody */
	uint32_t next; /* number of the next parcel */
};

/* [worker] Writes every profile of the parcel into directory, which is made (0700) when only its
 * last component is missing. All of them or none. random names the hidden file. 0, or -errno. */
int file_put(struct file_writer *, const char *directory, const struct parcel *, uint64_t random);
/* [worker] Writes all size bytes, however often it is interrupted. 0, or -errno. */
int file_write_all(int fd, const void *bytes, size_t size);
