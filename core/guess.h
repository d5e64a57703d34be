/* SPDX-License-Identifier: Apache-2.0 */
/* guess.h -- the caller of code that has no call frame information.
 *
 * A signal's trampoline, a leaf that has not touched the stack, a chain of frame pointers: each
 * is taken only when the bytes of the stack and of the code bear it out.
 */
#pragma once

#include "core/maps.h"
#include "core/sample.h"

struct guess_frame {
	uint64_t regs[REGISTER_COUNT];
	uint32_t known; /* bit n: regs[n] is */
	bool is_exact;	/* regs[REGISTER_RIP] was interrupted, it is no return address */
};

enum guess {
	GUESS_NONE,
	GUESS_CALLER, /* the frame is now the caller's */
	GUESS_BOTTOM, /* there is no caller */
};

/* [worker] From a frame, whose code lies in mapping, to its caller, out of the sample's slice. */
enum guess guess_caller(struct maps *, const struct mapping *, const struct sample *,
			struct guess_frame *);
/* [worker] Whether the signal trampoline begins at address. */
bool guess_is_trampoline(struct maps *, uint64_t address);
/* [any] The eight bytes at address, when they lie inside the sample's slice. */
bool guess_stack_word(const struct sample *, uint64_t address, uint64_t *word);
