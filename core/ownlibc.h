/* SPDX-License-Identifier: Apache-2.0 */
/* ownlibc.h -- the C library that only the worker uses.
 *
 * It is musl, linked statically and hidden: nothing of the worker touches the host's heap, locks,
 * locale, environment or name service, and the same library file works on any libc. What musl's
 * start code would do for a program is done here for one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { OWNLIBC_THREAD_SIZE = 4096 }; /* room for musl's thread descriptor */

/* What the kernel told the program at its start, as far as the C library needs it. */
struct ownlibc_start {
	uintptr_t random; /* AT_RANDOM */
	uintptr_t vdso;	  /* AT_SYSINFO_EHDR */
};

/* [signal] Prepares the C library and a thread descriptor in OWNLIBC_THREAD_SIZE zeroed bytes;
 * what it returns is the thread pointer of the worker. */
void *ownlibc_begin(void *thread, const struct ownlibc_start *);
/* [signal] Bytes that the worker's heap has mapped now. */
size_t ownlibc_heap_size(void);
