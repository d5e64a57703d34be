/* SPDX-License-Identifier: Apache-2.0 */
/* symtab.h -- one sweep over one symbol table names all the addresses of a period.
 *
 * An address belongs to the symbol of code whose [st_value, st_value + st_size) holds it, the
 * innermost one when they nest. Of several names for the same code the one a person expects wins:
 * functions before assembler labels, names other files can see before static ones, then the fewest
 * leading underscores, then the shortest, then the first (read, not __libc_read or __GI___read).
 * A symbol without a size reaches to the next symbol or the end of its section, and only in a table
 * that lists everything: where local names were stripped, the nearest name would be a wrong one.
 */
#pragma once

#include "core/elf.h"
#include "core/unnamed.h"

struct symtab {
	const struct elf *elf;
	uint64_t symbols, count; /* offset of the first Elf64_Sym; how many there are */
	uint64_t strings, strings_size;
	bool is_whole; /* lists local and unsized symbols too: .symtab of an unstripped object */
};

/* [worker] The table in the section of this name (".symtab", ".dynsym"); false without one. */
bool symtab_find(struct symtab *, const struct elf *, const char *section);
/* [worker] Names what it can. Memory is proportional to the addresses; the table goes by in windows
 * of 64 KiB. A table that cannot be read, or no memory, costs names. */
void symtab_resolve(const struct symtab *, struct unnamed *);
/* [worker] The NUL-terminated string at offset of the strings, cut to size; false when there is
 * none. A version ("@GLIBC_2.2.5") stays on it. */
bool symtab_string(const struct symtab *, uint64_t offset, char *to, size_t size);
