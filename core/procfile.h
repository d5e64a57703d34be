/* SPDX-License-Identifier: Apache-2.0 */
/* procfile.h -- one number out of a file of /proc, with system calls alone and little stack. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* [signal] The number in the given base (10 or 16) behind key, "\nKEY:", and white space in the
 * file at path, however long the lines before it are. False when there is no such file, key or
 * digit. */
bool procfile_number(const char *path, const char *key, int base, uint64_t *value);
