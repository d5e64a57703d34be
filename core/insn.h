/* SPDX-License-Identifier: Apache-2.0 */
/* insn.h -- how long an x86-64 instruction is, and what it does to the stack pointer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { INSN_SIZE_MAX = 15 };

enum insn_effect {
	INSN_PLAIN,  /* none, and execution goes on behind it */
	INSN_CALL,   /* none when execution goes on behind it */
	INSN_PUSH,   /* of eight bytes */
	INSN_POP,    /* into reg */
	INSN_ADD,    /* amount to the stack pointer */
	INSN_FRAME,  /* the stack pointer becomes the frame pointer plus amount */
	INSN_RELOAD, /* it becomes the word at itself plus amount */
	INSN_LINK,   /* the frame pointer becomes the stack pointer */
	INSN_LEAVE,
	INSN_FORGET, /* it becomes something else */
	INSN_RETURN,
	INSN_JUMP,   /* by amount, from behind the instruction */
	INSN_BRANCH, /* the same, on a condition */
	INSN_STOP,   /* execution does not go on: hlt, a trap, a jump through a register */
};

struct insn {
	size_t size;
	enum insn_effect effect;
	unsigned reg; /* in the order of sample.h; REGISTER_COUNT: not one of them */
	int64_t amount;
};

/* [any] The instruction at code, of which len bytes are known; size is 0 when it is not whole, or
 * none that 64-bit code may hold. */
struct insn insn_decode(const uint8_t *code, size_t len);
