/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue.c -- a breadth-first walk over the ways from pc, until one returns to a call. */
#include "core/epilogue.h"

#include "core/callsite.h"
#include "core/insn.h"

#include <string.h>

enum {
	INSTRUCTIONS_MAX = 600,
	WAYS_MAX = 24,
	NEVER_MAX = 16,	  /* instructions between a call and the hlt behind it */
	SEEN_SIZE = 1024, /* a power of two, above INSTRUCTIONS_MAX */
	WORD = 8,
	REACH = 64 << 10, /* a function is no longer than this */
	SAVED = 1 << 3 | 1 << REGISTER_RBP | 0xf << 12,
	HLT = 0xf4,
};

struct walk {
	struct maps *maps;
	const struct mapping *mapping;
	const struct sample *sample;
	uint64_t origin;	  /* where the walk began */
	struct guess_frame frame; /* of the way under way; REGISTER_RIP is the next instruction */
	uint64_t floor;		  /* below it the way itself has written, or will have */
	unsigned budget;
	size_t first, last; /* ways that branched off, not yet walked */
	bool is_straight;   /* no branch and no call so far: there is no other way */
	bool is_endless;
	enum epilogue found;
	struct guess_frame *caller;
	struct {
		struct guess_frame frame;
		uint64_t floor;
	} ways[WAYS_MAX];
	uint32_t seen[SEEN_SIZE]; /* offsets in mapping, plus one */
};

/* False when the walk has been here before. */
static bool visit(struct walk *w, uint64_t pc)
{
	uint32_t tag = (uint32_t)(pc - w->mapping->start) + 1;
	size_t slot = (tag * 0x9e3779b1u) >> 22;

	for (; w->seen[slot]; slot = (slot + 1) % SEEN_SIZE) {
		if (w->seen[slot] == tag)
			return false;
	}
	w->seen[slot] = tag;
	return true;
}

static bool is_known(const struct walk *w, unsigned number)
{
	return w->frame.known & 1u << number;
}

static void set(struct walk *w, unsigned number, bool is_good, uint64_t value)
{
	w->frame.regs[number] = value;
	if (is_good)
		w->frame.known |= 1u << number;
	else
		w->frame.known &= ~(1u << number);
}

static void push(struct walk *w)
{
	uint64_t *sp = &w->frame.regs[REGISTER_RSP];

	if (*sp > w->floor)
		w->floor = *sp;
	*sp -= WORD;
}

/* What the way has pushed itself it pops as it was; the rest is in the slice. */
static void pop(struct walk *w, unsigned number)
{
	uint64_t sp = w->frame.regs[REGISTER_RSP];
	uint64_t word = 0;
	bool is_good;

	w->frame.regs[REGISTER_RSP] = sp + WORD;
	if (number >= REGISTER_COUNT || !(SAVED & 1u << number) || sp < w->floor)
		return;
	is_good = is_known(w, REGISTER_RSP) && guess_stack_word(w->sample, sp, &word);
	set(w, number, is_good, word);
}

static void reload(struct walk *w, uint64_t slot)
{
	uint64_t word = 0;
	bool is_good = is_known(w, REGISTER_RSP) && slot >= w->floor &&
		       guess_stack_word(w->sample, slot, &word);

	set(w, REGISTER_RSP, is_good, word);
}

static void return_to_caller(struct walk *w)
{
	uint64_t sp = w->frame.regs[REGISTER_RSP];
	struct guess_frame *caller = w->caller;
	uint64_t pc;
	bool is_certain;

	if (w->found == EPILOGUE_CERTAIN || !is_known(w, REGISTER_RSP) || sp < w->floor ||
	    !guess_stack_word(w->sample, sp, &pc) || !maps_find(w->maps, pc - 1))
		return;
	is_certain = callsite_leads_to(w->maps, pc, w->mapping, w->origin, REACH);
	if (!is_certain && (w->found == EPILOGUE_LIKELY || !callsite_ends_at(w->maps, pc)))
		return;
	is_certain |= w->is_straight;
	w->found = is_certain ? EPILOGUE_CERTAIN : EPILOGUE_LIKELY;
	*caller = w->frame;
	caller->regs[REGISTER_RIP] = pc;
	caller->regs[REGISTER_RSP] = sp + WORD;
	caller->known = (w->frame.known & SAVED) | 1u << REGISTER_RIP | 1u << REGISTER_RSP;
	caller->is_exact = false;
}

static void branch(struct walk *w, int64_t distance)
{
	w->is_straight = false;
	if (w->last == WAYS_MAX)
		return;
	w->ways[w->last].frame = w->frame;
	w->ways[w->last].frame.regs[REGISTER_RIP] += (uint64_t)distance;
	w->ways[w->last++].floor = w->floor;
}

static void move_stack(struct walk *w, const struct insn *insn)
{
	uint64_t sp = w->frame.regs[REGISTER_RSP];
	uint64_t pointer = w->frame.regs[REGISTER_RBP];

	switch (insn->effect) {
	case INSN_PUSH:
		push(w);
		break;
	case INSN_POP:
		pop(w, insn->reg);
		break;
	case INSN_ADD:
		w->frame.regs[REGISTER_RSP] = sp + (uint64_t)insn->amount;
		break;
	case INSN_FRAME:
		set(w, REGISTER_RSP, is_known(w, REGISTER_RBP), pointer + (uint64_t)insn->amount);
		break;
	case INSN_RELOAD:
		reload(w, sp + (uint64_t)insn->amount);
		break;
	case INSN_LINK:
		set(w, REGISTER_RBP, is_known(w, REGISTER_RSP), sp);
		break;
	case INSN_LEAVE:
		set(w, REGISTER_RSP, is_known(w, REGISTER_RBP), pointer);
		pop(w, REGISTER_RBP);
		break;
	case INSN_FORGET:
		set(w, REGISTER_RSP, false, 0);
		break;
	default:
		break;
	}
}

/* False when the way ends here. */
static bool step(struct walk *w, const struct insn *insn, uint8_t first_byte)
{
	w->frame.regs[REGISTER_RIP] += insn->size;
	switch (insn->effect) {
	case INSN_RETURN:
		return_to_caller(w);
		return false;
	case INSN_STOP:
		w->is_endless |= first_byte == HLT && w->is_straight;
		return false;
	case INSN_CALL:
		w->is_straight = false;
		return true;
	case INSN_JUMP:
		w->frame.regs[REGISTER_RIP] += (uint64_t)insn->amount;
		return true;
	case INSN_BRANCH:
		branch(w, insn->amount);
		return true;
	default:
		move_stack(w, insn);
		return true;
	}
}

static void walk_way(struct walk *w)
{
	const struct mapping *mapping = w->mapping;
	uint8_t code[INSN_SIZE_MAX];
	struct insn insn;
	uint64_t pc;

	do {
		pc = w->frame.regs[REGISTER_RIP];
		if (!w->budget || pc < mapping->start || pc >= mapping->limit || !visit(w, pc) ||
		    !maps_read(w->maps, pc, code, sizeof(code)))
			return;
		w->budget--;
		insn = insn_decode(code, sizeof(code));
	} while (insn.size && step(w, &insn, code[0]));
}

enum epilogue epilogue_find(struct maps *maps, const struct mapping *mapping,
			    const struct sample *sample, const struct guess_frame *frame,
			    struct guess_frame *caller)
{
	struct walk w = {
		.maps = maps,
		.mapping = mapping,
		.sample = sample,
		.origin = frame->regs[REGISTER_RIP],
		.frame = *frame,
		.floor = frame->regs[REGISTER_RSP],
		.budget = INSTRUCTIONS_MAX,
		.is_straight = true,
		.caller = caller,
	};

	walk_way(&w);
	if (w.is_endless)
		return EPILOGUE_NEVER;
	while (w.found != EPILOGUE_CERTAIN && w.first < w.last) {
		w.frame = w.ways[w.first].frame;
		w.floor = w.ways[w.first++].floor;
		walk_way(&w);
	}
	return w.found;
}

bool epilogue_is_never(struct maps *maps, const struct mapping *mapping,
		       const struct sample *sample, uint64_t pc)
{
	struct walk w = {
		.maps = maps,
		.mapping = mapping,
		.sample = sample,
		.frame.regs[REGISTER_RIP] = pc,
		.budget = NEVER_MAX,
		.is_straight = true,
		.found = EPILOGUE_CERTAIN,
	};

	walk_way(&w);
	return w.is_endless;
}
