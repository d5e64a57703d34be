/* SPDX-License-Identifier: Apache-2.0 */
/* minidebug.h -- the compressed symbol table that some distributions leave in stripped objects.
 *
 * .gnu_debugdata is an xz stream of a small ELF file. It is decoded as it is read, never as a
 * whole: a read further back than the last 64 KiB starts the stream again.
 */
#pragma once

#include "core/elf.h"

/* What the stream may expand to, which is also what the decoder's dictionary can occupy at most:
 * with 4 MiB the library stays within its memory. Larger tables cost names. */
enum { MINIDEBUG_SIZE_MAX = 4 << 20 };

struct minidebug;

/* [worker] Opens the table of outer, which must stay open until minidebug_close. NULL without one,
 * or when it is corrupt, too large, or there is no memory. */
struct minidebug *minidebug_open(const struct elf *outer);
/* [worker] */
void minidebug_close(struct minidebug *);
/* [worker] The small ELF file inside, which lives as long. */
const struct elf *minidebug_elf(const struct minidebug *);
