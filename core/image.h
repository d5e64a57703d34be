/* SPDX-License-Identifier: Apache-2.0 */
/* image.h -- what the ELF image says about a mapping of it: bias, unwind table, build id.
 *
 * Read from our own memory, so that neither a replaced file nor a dlclose can mislead or fault us;
 * from the file only where that memory may not be opened, or is gone before anybody asked.
 */
#pragma once

#include "core/elf.h"
#include "core/maps.h"

struct image_file { /* which file a mapping is of */
	uint64_t device, inode;
};

struct image_file_reader { /* the last file that image_read_file read; all zero: none */
	bool is_open;
	uint64_t image;
	struct elf elf;
};

/* [worker] Fills in everything that is_elf promises, or leaves it false. memory_fd is that of
 * /proc/self/mem, or negative. */
void image_probe(struct mapping *, int memory_fd, const struct image_file *);
/* [worker] The 4 KiB page at address, inside the mapping's image, as the file has it. */
bool image_read_file(struct image_file_reader *, const struct mapping *, const struct image_file *,
		     uint64_t address, uint8_t *to);
/* [worker] */
void image_close_file(struct image_file_reader *);
