/* SPDX-License-Identifier: Apache-2.0 */
/* guess.c -- heuristics, ordered from what proves itself to what is merely plausible. */
#include "core/guess.h"

#include <string.h>

enum {
	TRAMPOLINE_SIZE = 9,
	TRAMPOLINE_SYSCALL = 7, /* offset of its second instruction */
	CONTEXT_REGISTERS = 40, /* offset of uc_mcontext in what the kernel pushed */
	CALL_SIZE = 5,
	LEAF_REACH = 16 << 10, /* a leaf in assembler is no longer than this */
	INDIRECT_CALL_MAX = 7,
};

bool guess_stack_word(const struct sample *sample, uint64_t address, uint64_t *word)
{
	uint64_t offset = address - sample->regs[REGISTER_RSP];

	if (sample->stack_size < sizeof(*word) || offset > sample->stack_size - sizeof(*word))
		return false;
	memcpy(word, sample->stack + offset, sizeof(*word));
	return true;
}

bool guess_is_trampoline(struct maps *maps, uint64_t address)
{
	/* mov $15, %rax; syscall -- rt_sigreturn, in every C library alike */
	static const uint8_t wanted[TRAMPOLINE_SIZE] = {0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05};
	uint8_t code[TRAMPOLINE_SIZE];

	return maps_read(maps, address, code, sizeof(code)) && !memcmp(code, wanted, sizeof(code));
}

/* The kernel's struct sigcontext begins with these, in this order. */
static const uint8_t CONTEXT_ORDER[REGISTER_COUNT] = {
	8,
	9,
	10,
	11,
	12,
	13,
	14,
	15,
	REGISTER_RDI,
	REGISTER_RSI,
	REGISTER_RBP,
	REGISTER_RBX,
	REGISTER_RDX,
	REGISTER_RAX,
	REGISTER_RCX,
	REGISTER_RSP,
	REGISTER_RIP,
};

static bool from_trampoline(struct maps *maps, const struct sample *sample,
			    struct guess_frame *frame)
{
	uint64_t pc = frame->regs[REGISTER_RIP];
	uint64_t context = frame->regs[REGISTER_RSP] + CONTEXT_REGISTERS;
	struct guess_frame found = {.known = (1u << REGISTER_COUNT) - 1, .is_exact = true};

	if (!guess_is_trampoline(maps, pc) && !guess_is_trampoline(maps, pc - TRAMPOLINE_SYSCALL))
		return false;
	for (unsigned i = 0; i < REGISTER_COUNT; i++) {
		if (!guess_stack_word(sample, context + 8 * (uint64_t)i,
				      &found.regs[CONTEXT_ORDER[i]]))
			return false;
	}
	*frame = found;
	return true;
}

/* A stub of the procedure linkage table: endbr64 and bnd may stand before its jump. */
static uint64_t stub_target(struct maps *maps, uint64_t stub)
{
	uint8_t code[16];
	size_t at = 0;
	int32_t distance;
	uint64_t target;

	if (!maps_read(maps, stub, code, sizeof(code)))
		return 0;
	if (!memcmp(code, "\xf3\x0f\x1e\xfa", 4))
		at += 4;
	if (code[at] == 0xf2)
		at++;
	if (code[at] != 0xff || code[at + 1] != 0x25)
		return 0;
	memcpy(&distance, code + at + 2, sizeof(distance));
	stub += at + 6 + (uint64_t)(int64_t)distance;
	return maps_read(maps, stub, &target, sizeof(target)) ? target : 0;
}

static bool is_reached_from(uint64_t entry, const struct mapping *mapping, uint64_t pc)
{
	return entry >= mapping->start && entry <= pc && pc - entry < LEAF_REACH;
}

/* Whether the instruction before address calls what pc is in, directly or through a stub. */
static bool is_call_to(struct maps *maps, uint64_t address, const struct mapping *mapping,
		       uint64_t pc)
{
	uint8_t code[CALL_SIZE];
	int32_t distance;
	uint64_t target;

	if (!maps_read(maps, address - CALL_SIZE, code, sizeof(code)) || code[0] != 0xe8)
		return false;
	memcpy(&distance, code + 1, sizeof(distance));
	target = address + (uint64_t)(int64_t)distance;
	return is_reached_from(target, mapping, pc) ||
	       is_reached_from(stub_target(maps, target), mapping, pc);
}

/* Whether a call instruction may end at address: direct, or indirect in its 2 to 7 byte forms. */
static bool is_after_call(struct maps *maps, uint64_t address)
{
	uint8_t code[INDIRECT_CALL_MAX];

	if (!maps_read(maps, address - sizeof(code), code, sizeof(code)))
		return false;
	if (code[2] == 0xe8)
		return true;
	for (size_t i = 0; i + 2 <= sizeof(code); i++) {
		if (code[i] == 0xff && (code[i + 1] >> 3 & 7) == 2)
			return true;
	}
	return false;
}

static void become(struct guess_frame *frame, uint64_t pc, uint64_t stack, uint32_t known)
{
	frame->regs[REGISTER_RIP] = pc;
	frame->regs[REGISTER_RSP] = stack;
	frame->known = known | 1u << REGISTER_RIP | 1u << REGISTER_RSP;
	frame->is_exact = false;
}

/* Interrupted at its first instruction, or one that never moves the stack pointer. */
static bool from_leaf(struct maps *maps, const struct mapping *mapping, const struct sample *sample,
		      struct guess_frame *frame)
{
	uint64_t stack = frame->regs[REGISTER_RSP];
	uint64_t pc;

	if (!frame->is_exact || !mapping->is_elf || !guess_stack_word(sample, stack, &pc) ||
	    !maps_find(maps, pc - 1) || !is_call_to(maps, pc, mapping, frame->regs[REGISTER_RIP]))
		return false;
	become(frame, pc, stack + sizeof(pc), frame->known);
	return true;
}

/* A caller in an object must stand behind a call; in code made at run time there is only the
 * chain itself, which has to go on upward: such code changes, so its bytes prove nothing. */
static bool is_plausible(struct maps *maps, const struct sample *sample, uint64_t pointer,
			 uint64_t saved, uint64_t pc)
{
	const struct mapping *caller = maps_find(maps, pc - 1);
	uint64_t limit = sample->regs[REGISTER_RSP] + sample->stack_size;

	if (!caller)
		return false;
	if (caller->is_elf)
		return is_after_call(maps, pc);
	return saved > pointer && (saved < limit || sample->stack_cut);
}

static bool from_chain(struct maps *maps, const struct sample *sample, struct guess_frame *frame)
{
	uint64_t pointer = frame->regs[REGISTER_RBP];
	uint64_t saved;
	uint64_t pc;

	if (!(frame->known & 1u << REGISTER_RBP) || pointer < frame->regs[REGISTER_RSP] ||
	    pointer % sizeof(pointer) || !guess_stack_word(sample, pointer, &saved) ||
	    !guess_stack_word(sample, pointer + sizeof(saved), &pc) ||
	    !is_plausible(maps, sample, pointer, saved, pc))
		return false;
	frame->regs[REGISTER_RBP] = saved;
	become(frame, pc, pointer + 2 * sizeof(pc), 1u << REGISTER_RBP);
	return true;
}

enum guess guess_caller(struct maps *maps, const struct mapping *mapping,
			const struct sample *sample, struct guess_frame *frame)
{
	if (mapping->is_elf && from_trampoline(maps, sample, frame))
		return GUESS_CALLER;
	if (from_leaf(maps, mapping, sample, frame) || from_chain(maps, sample, frame))
		return GUESS_CALLER;
	/* The ABI lets the outermost frame have a frame pointer of zero. */
	if (!frame->is_exact && (frame->known & 1u << REGISTER_RBP) && !frame->regs[REGISTER_RBP])
		return GUESS_BOTTOM;
	return GUESS_NONE;
}
