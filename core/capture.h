/* SPDX-License-Identifier: Apache-2.0 */
/* capture.h -- the calling thread's stack becomes a record in the ring. */
#pragma once

#include "core/sample.h"
#include "core/state.h"

/* A stack that is known: what lies in [low, top) may be read. Both 0: it is not. */
struct capture_stack {
	uintptr_t low, top;
	bool goes_on; /* above top, where frames may be that cannot be read */
};

/* [signal] A record of this kind with these registers and the slice of stack that REGISTER_RSP
 * points to, which lies in one of count stacks or in one that is not known. To be completed and
 * given to ring_commit. NULL when the ring is full, which is counted. */
struct sample *capture(struct state *, enum sample_kind, const uint64_t regs[REGISTER_COUNT],
		       const struct capture_stack *, int count);
/* [signal] Whether the eight bytes at address are mapped and readable. */
bool capture_can_read(uintptr_t address);
