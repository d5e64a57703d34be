/* SPDX-License-Identifier: Apache-2.0 */
/* birth.h -- how the worker comes into the world.
 *
 * The worker is a thread that the host's C library does not know: made by clone in the handler of
 * a tick, once the process has used enough CPU time to be worth it. So a loop that never calls
 * anything has a worker too, a short program has none, and the host's C library stays as it was:
 * single-threaded if it was, its heap, locks and thread list untouched. The worker has a C library
 * of its own (ownlibc.h), a stack of its own and a descriptor table of its own.
 */
#pragma once

#include "core/state.h"

enum {
	BIRTH_STACK_SIZE = 256 << 10,	  /* of the worker, whose guard page is its first */
	BIRTH_CPU_NS = 100 * 1000 * 1000, /* that a process uses before it is worth a worker */
};

/* [init]   Learns what the worker's C library has to know of the process. */
void birth_prepare(void);
/* [signal] Starts the worker if there is none. True when it did. */
bool birth_worker(struct state *);
