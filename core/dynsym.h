/* SPDX-License-Identifier: Apache-2.0 */
/* dynsym.h -- the dynamic symbols of a loaded object, out of its memory.
 *
 * What the loader itself needs is always mapped, so this works for [vdso], which has no file, and
 * for objects whose file was deleted or replaced.
 */
#pragma once

#include "core/maps.h"
#include "core/symtab.h"

/* [worker] The dynamic symbol table of a mapping; image reads its memory, from mapping->image on.
 * 0, or -ENOEXEC when there is none to be read. */
int dynsym_find(struct symtab *, const struct elf *image, const struct mapping *);
