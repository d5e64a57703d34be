/* SPDX-License-Identifier: Apache-2.0 */
/* input.h -- a file, or the standard input, as bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* [any]    Reads all of path, "-" being the standard input, into *bytes, from malloc, the
 *          caller's. 0, -EFBIG when there are more than max bytes, -ENOMEM, or what open or
 *          read said. */
int input_read(const char *path, size_t max, uint8_t **bytes, size_t *size);
