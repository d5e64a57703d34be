/* SPDX-License-Identifier: Apache-2.0 */
/* status.h -- the lines of a thread's status file.
 *
 * A line is kept up to STATUS_COLUMNS bytes: the list of groups, of which a user may have
 * thousands, stands before all that is of interest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { STATUS_SIZE = 4096, STATUS_COLUMNS = 80 };

struct status {
	size_t size;
	size_t column; /* of the line under way */
	char text[STATUS_SIZE];
};

/* [worker] False when the file at path cannot be read, or is empty. */
bool status_read(struct status *, const char *path);
/* [worker] Whether the line of key is the same in both, or missing from one of them. */
bool status_is_same(const struct status *, const struct status *, const char *key);
/* [worker] Whether the thread has ended and only waits to be forgotten. */
bool status_is_dead(const struct status *);
