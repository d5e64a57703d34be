/* SPDX-License-Identifier: Apache-2.0 */
/* guess.c -- heuristics, ordered from what proves itself to what is merely plausible. */
#include "core/guess.h"

#include "core/callsite.h"
#include "core/epilogue.h"

#include <string.h>

enum {
	TRAMPOLINE_SIZE = 9,
	TRAMPOLINE_SYSCALL = 7, /* offset of its second instruction */
	CONTEXT_REGISTERS = 40, /* offset of uc_mcontext in what the kernel pushed */
	LEAF_REACH = 16 << 10,	/* a leaf in assembler is no longer than this */
	SCAN_WORDS = 128,	/* of stack above a frame whose size is unknown */
	SCAN_REACH = 64 << 10,	/* a function is no longer than this */
	START_WORDS = 64, /* between the outermost frame and what the kernel put on the stack */
	ARGUMENTS_MAX = 4096,
	ARGUMENTS_REACH = 16 << 20, /* their strings lie this close above */
	AUXILIARY_LIMIT = 64,	    /* keys of the auxiliary vector are smaller */
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
	    !maps_find(maps, pc - 1) ||
	    !callsite_leads_to(maps, pc, mapping, frame->regs[REGISTER_RIP], LEAF_REACH))
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
		return callsite_ends_at(maps, pc);
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

/* Code that calls, and ends in hlt when that returns: the birth of a thread. */
static bool is_birth(struct maps *maps, const struct sample *sample, uint64_t pc)
{
	const struct mapping *mapping = maps_find(maps, pc - 1);

	return mapping->is_elf && callsite_ends_at(maps, pc) &&
	       epilogue_is_never(maps, mapping, sample, pc);
}

/* The first word above that is behind a call of what pc is in, or that nothing returns behind. The
 * frame may hold words of calls long gone, but hardly one of a call to this very code. */
static bool from_scan(struct maps *maps, const struct mapping *mapping, const struct sample *sample,
		      struct guess_frame *frame)
{
	uint64_t stack = frame->regs[REGISTER_RSP];
	uint64_t pc;

	if (!mapping->is_elf)
		return false;
	for (unsigned i = 0; i < SCAN_WORDS; i++, stack += sizeof(pc)) {
		if (!guess_stack_word(sample, stack, &pc))
			return false;
		if (!maps_find(maps, pc - 1) ||
		    (!callsite_leads_to(maps, pc, mapping, frame->regs[REGISTER_RIP], SCAN_REACH) &&
		     !is_birth(maps, sample, pc)))
			continue;
		become(frame, pc, stack + sizeof(pc), 0);
		return true;
	}
	return false;
}

/* Moves *address behind the list that begins there and ends with zero, or to the end of the slice.
 * A slice often ends where the environment begins. */
static void skip_list(const struct sample *sample, uint64_t *address)
{
	uint64_t word = 1;

	while (word && guess_stack_word(sample, *address, &word))
		*address += sizeof(word);
}

/* Whether the kernel's words for a new program begin at address: the number of arguments, they
 * themselves, the environment, the auxiliary vector. */
static bool is_program_start(const struct sample *sample, uint64_t address)
{
	uint64_t end = address + sizeof(end);
	uint64_t count;
	uint64_t word;

	if (!guess_stack_word(sample, address, &count) || !count || count > ARGUMENTS_MAX)
		return false;
	for (uint64_t i = 0; i < count; i++, end += sizeof(word)) {
		if (!guess_stack_word(sample, end, &word) || word <= end ||
		    word - end > ARGUMENTS_REACH)
			return false;
	}
	if (!guess_stack_word(sample, end, &word) || word)
		return false;
	end += sizeof(word);
	skip_list(sample, &end);
	return !guess_stack_word(sample, end, &word) || (word && word < AUXILIARY_LIMIT);
}

/* The code that starts a program says nothing of its frame in some C libraries, and never returns;
 * but right above it is what the kernel left there. */
static bool is_outermost(const struct sample *sample, const struct guess_frame *frame)
{
	uint64_t stack = frame->regs[REGISTER_RSP];

	if (frame->is_exact)
		return false;
	for (unsigned i = 0; i < START_WORDS; i++) {
		if (is_program_start(sample, stack + 8 * (uint64_t)i))
			return true;
	}
	return false;
}

/* Code of an object that has no frame descriptions. What is certain comes first. */
static enum guess from_code(struct maps *maps, const struct mapping *mapping,
			    const struct sample *sample, struct guess_frame *frame)
{
	struct guess_frame caller;
	enum epilogue found = EPILOGUE_NONE;

	if (mapping->is_elf)
		found = epilogue_find(maps, mapping, sample, frame, &caller);
	if (found == EPILOGUE_NEVER)
		return GUESS_BOTTOM;
	if (found != EPILOGUE_CERTAIN) {
		if (from_chain(maps, sample, frame))
			return GUESS_CALLER;
		if (is_outermost(sample, frame))
			return GUESS_BOTTOM;
	}
	if (found == EPILOGUE_NONE)
		return from_scan(maps, mapping, sample, frame) ? GUESS_CALLER : GUESS_NONE;
	*frame = caller;
	return GUESS_CALLER;
}

enum guess guess_caller(struct maps *maps, const struct mapping *mapping,
			const struct sample *sample, struct guess_frame *frame)
{
	enum guess found;

	if (mapping->is_elf && from_trampoline(maps, sample, frame))
		return GUESS_CALLER;
	if (from_leaf(maps, mapping, sample, frame))
		return GUESS_CALLER;
	found = from_code(maps, mapping, sample, frame);
	if (found != GUESS_NONE)
		return found;
	/* The ABI lets the outermost frame have a frame pointer of zero; in an object that
	 * describes its frames that register holds anything. */
	if (!mapping->table && !mapping->frames && !frame->is_exact &&
	    (frame->known & 1u << REGISTER_RBP) && !frame->regs[REGISTER_RBP])
		return GUESS_BOTTOM;
	return GUESS_NONE;
}
