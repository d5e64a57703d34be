/* SPDX-License-Identifier: Apache-2.0 */
/* dynsym.h -- the dynamic symbols of a loaded object, out of its memory.
 *
 * What the loader itself needs is always mapped, so this works for [vdso], which has no file, and
 * for objects whose file was deleted or replaced.
 */
#pragma once

#include "core/maps.h"
#include "core/symtab.h"

struct dynsym {
	struct maps *maps;
	const struct mapping *mapping;
	struct elf elf;
};

/* [worker] The dynamic symbol table of mapping, read through maps; both must outlive it. 0,
 * or -ENOEXEC when there is none to be read. */
int dynsym_open(struct dynsym *, struct maps *, const struct mapping *, struct symtab *);
/* [worker] */
void dynsym_close(struct dynsym *);
