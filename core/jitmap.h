/* SPDX-License-Identifier: Apache-2.0 */
/* jitmap.h -- names for code made at run time, out of the file that JIT compilers write for perf.
 *
 * One line each: START SIZE NAME, the numbers hexadecimal with or without 0x. Addresses are used
 * again after code is freed, so a later line wins: the file is read from its end, and reading stops
 * when every address has a name. Anybody may write to /tmp: nothing in the file is trusted.
 */
#pragma once

#include "core/elf.h"
#include "core/unnamed.h"

/* Of a longer file only the end is read, which holds the code that is there now. */
enum { JITMAP_READ_MAX = 64 << 20 };

/* [worker] Names addresses out of the file at path, a regular one that belongs to us or to root and
 * is no symbolic link. 0, or -errno. */
int jitmap_resolve(const char *path, struct unnamed *);
/* [worker] The same out of size bytes that read gives. A last line without an end is not read, a
 * bad one is skipped. */
void jitmap_match(elf_reader *read, void *context, uint64_t size, struct unnamed *);
