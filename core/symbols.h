/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.h -- from addresses to function names, one sweep per object.
 *
 * Nothing is held between two calls: the tables are read in windows, the addresses of a period are
 * matched as they go by. Files are untrusted: a corrupt one costs names, nothing else.
 */
#pragma once

#include "core/maps.h"

struct symbols_wanted {
	const struct mapping *mapping; /* whose file is read; [vdso] is read from memory */
	const uint64_t *addresses;     /* run-time addresses inside it, ascending, no duplicates */
	size_t count;
};

/* Called at most once per address, in any order. name is readable (demangled), system_name as it
 * stands in the file; both are valid UTF-8-or-not bytes that end when the call returns. */
typedef void symbols_found(void *context, size_t index, const char *name, const char *system_name);

/* [worker] Looks every address up in .symtab, .dynsym, the separate debug file (build id, then
 * .gnu_debuglink) and .gnu_debugdata. maps is what memory is read through. Returns the number
 * found. */
size_t symbols_resolve(struct maps *maps, const struct symbols_wanted *, symbols_found *,
		       void *context);
/* [worker] The same for code that a JIT compiler wrote, out of /tmp/perf-PID.map of process pid: a
 * later line of the file wins over an earlier one. */
size_t symbols_resolve_jit(int pid, const uint64_t *addresses, size_t count, symbols_found *,
			   void *context);
