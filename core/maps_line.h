/* SPDX-License-Identifier: Apache-2.0 */
/* maps_line.h -- one line of /proc/PID/maps. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maps_line {
	uint64_t start, limit;
	uint64_t offset;
	uint64_t device;
	uint64_t inode; /* 0: backed by no file */
	bool is_executable;
	const char *path; /* inside the line, not terminated */
	size_t path_size;
};

/* [any] Takes apart the len bytes at text, without their newline; false when it is no such line. */
bool maps_line_parse(struct maps_line *, const char *text, size_t len);
