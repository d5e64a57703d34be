/* SPDX-License-Identifier: Apache-2.0 */
/* unwind.c -- libunwind over a record: one step at a time, between our registers and ours.
 *
 * Every step begins a new cursor at the address whose row is wanted: the pc of interrupted code,
 * the last byte of the call for a caller. So libunwind's cache, which is keyed by that address,
 * never mistakes one for the other, and its own guesses about code without tables, which would
 * read wherever a register points, are never asked for.
 */
#include "core/unwind.h"

#include "core/cfi.h"
#include "core/guess.h"

#include <libunwind-x86_64.h>

#include <stdlib.h>

enum {
	CACHE_ROWS = 2048,
	ALL_REGISTERS = (1 << REGISTER_COUNT) - 1,
	STACK_REACH = 1 << 30, /* a read this far above the slice is still one of the stack */
	POPPED_REACH = 256,    /* and one this far below it is of what was just popped */
};

/* Tables and code can be made so that one sample keeps the worker busy for seconds. So each sample
 * brings steps, a read of memory or a word for libunwind, and what is not used is saved up: what
 * begins cold takes a hundred for a frame, and a tenth of that from then on. */
enum { STEPS_PER_SAMPLE = 32 << 10, STEPS_MAX = 4 << 20 };

/* Those a function keeps for its caller. */
static const uint8_t SAVED[] = {3, REGISTER_RBP, 12, 13, 14, 15};

struct unwind {
	struct maps *maps;
	struct cfi *cfi;
	unw_addr_space_t space;
	const struct sample *sample;
	uint64_t steps; /* that are left */
	struct guess_frame frame;
	uint64_t lookup; /* the address whose row the step under way wants */
	bool is_finding;
	bool has_missed; /* a read went beyond the slice */
	bool is_popped;	 /* the last read went just below it */
	struct cfi_row row;
	int32_t table[2]; /* row as libunwind reads it */
};

/* Exported, but in no header of libunwind. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
				       unw_proc_info_t *, int, void *);

static int search_one_row(struct unwind *unwind, unw_word_t address, unw_proc_info_t *info,
			  int need_unwind_info)
{
	unw_dyn_info_t table = {
		.start_ip = address,
		.end_ip = address + 1,
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.u.rti =
			{
				.segbase = unwind->row.base,
				.table_len = 1,
				.table_data = (uintptr_t)unwind->table,
			},
	};
	int error;

	unwind->table[0] = unwind->row.start;
	unwind->table[1] = unwind->row.fde;
	unwind->is_finding = true;
	error = UNW_OBJ(dwarf_search_unwind_table)(unwind->space, address, &table, info,
						   need_unwind_info, unwind);
	unwind->is_finding = false;
	return error;
}

/* Any error but UNW_ENOINFO makes unw_step give up without guessing. */
static int find_proc_info(unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info,
			  int need_unwind_info, void *context)
{
	struct unwind *unwind = context;
	const struct mapping *mapping = maps_find(unwind->maps, address);
	int error;

	if (!mapping || cfi_find(unwind->cfi, mapping, address, &unwind->row))
		return -UNW_EBADFRAME;
	if (unwind->row.has_forgotten)
		unw_flush_cache(space, 0, 0);
	/* A handler returns to the trampoline's first byte, so the row before it is a stranger's
	 * unless the C library's table was written with that in mind. */
	if (!unwind->row.is_signal && !unwind->frame.is_exact &&
	    guess_is_trampoline(unwind->maps, address + 1))
		return -UNW_EBADFRAME;
	error = search_one_row(unwind, address, info, need_unwind_info);
	return error == -UNW_ENOINFO ? -UNW_EBADFRAME : error;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *context)
{
	/* Never called for what a search of a table returned: libunwind frees that by itself. */
	(void)space;
	(void)info;
	(void)context;
}

static int get_dyn_info_list_addr(unw_addr_space_t space, unw_word_t *list, void *context)
{
	(void)space;
	(void)list;
	(void)context;
	return -UNW_ENOINFO;
}

static bool is_above_slice(const struct sample *sample, uint64_t address)
{
	uint64_t limit = sample->regs[REGISTER_RSP] + sample->stack_size;

	return address + sizeof(uint64_t) - limit <= STACK_REACH;
}

static bool is_below_slice(const struct sample *sample, uint64_t address)
{
	return sample->regs[REGISTER_RSP] - address <= POPPED_REACH;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *word, int is_write,
		      void *context)
{
	struct unwind *unwind = context;

	(void)space;
	if (is_write || !unwind->steps)
		return -UNW_EINVAL;
	unwind->steps--;
	if (unwind->is_finding && address == (uintptr_t)unwind->table) {
		*word = (uint32_t)unwind->table[0] | (uint64_t)(uint32_t)unwind->table[1] << 32;
		return 0;
	}
	if (!unwind->is_finding && guess_stack_word(unwind->sample, address, word))
		return 0;
	if (cfi_word(unwind->cfi, address, word))
		return 0;
	/* Where a personality routine is, nobody asks. */
	*word = 0;
	if (unwind->is_finding)
		return 0;
	unwind->has_missed |= is_above_slice(unwind->sample, address);
	unwind->is_popped = is_below_slice(unwind->sample, address);
	return -UNW_EINVAL;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int is_write,
		      void *context)
{
	const struct unwind *unwind = context;

	(void)space;
	if (is_write || number < 0 || number >= REGISTER_COUNT)
		return -UNW_EBADREG;
	if (number == REGISTER_RIP) {
		*value = unwind->lookup;
		return 0;
	}
	*value = unwind->frame.regs[number];
	return unwind->frame.known & 1u << number ? 0 : -UNW_EBADREG;
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
			int is_write, void *context)
{
	(void)space;
	(void)number;
	(void)value;
	(void)is_write;
	(void)context;
	return -UNW_EBADREG;
}

struct unwind *unwind_create(struct maps *maps)
{
	unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
	};
	struct unwind *unwind = calloc(1, sizeof(*unwind));

	if (!unwind)
		return NULL;
	unwind->maps = maps;
	unwind->steps = STEPS_MAX;
	unwind->cfi = cfi_create(maps);
	unwind->space = unw_create_addr_space(&accessors, 0);
	if (!unwind->cfi || !unwind->space) {
		unwind_destroy(unwind);
		return NULL;
	}
	unw_set_caching_policy(unwind->space, UNW_CACHE_GLOBAL);
	/* Where it fails, the cache keeps its initial 128 rows. */
	unw_set_cache_size(unwind->space, CACHE_ROWS, 0);
	return unwind;
}

void unwind_destroy(struct unwind *unwind)
{
	if (unwind->space)
		unw_destroy_addr_space(unwind->space);
	cfi_destroy(unwind->cfi);
	free(unwind);
}

void unwind_flush(struct unwind *unwind)
{
	unw_flush_cache(unwind->space, 0, 0);
	cfi_flush(unwind->cfi);
}

/* Compilers do not say in an epilogue that a register has its old value again: its slot is below
 * the stack pointer then, and the value is in the register. */
static void take_register(struct unwind *unwind, unw_cursor_t *cursor, struct guess_frame *caller,
			  unsigned number)
{
	unw_word_t value;

	unwind->is_popped = false;
	if (unw_get_reg(cursor, (unw_regnum_t)number, &value)) {
		if (!unwind->is_popped || !unwind->frame.is_exact)
			return;
		value = unwind->frame.regs[number];
	}
	caller->regs[number] = value;
	caller->known |= 1u << number;
}

/* A signal's frame restores every register, a call only those that the callee has to keep. */
static void take_frame(struct unwind *unwind, unw_cursor_t *cursor, struct guess_frame *frame)
{
	*frame = (struct guess_frame){.is_exact = unw_is_signal_frame(cursor) > 0};
	take_register(unwind, cursor, frame, REGISTER_RIP);
	take_register(unwind, cursor, frame, REGISTER_RSP);
	if (frame->is_exact) {
		for (unsigned i = 0; i < REGISTER_RIP; i++)
			take_register(unwind, cursor, frame, i);
		return;
	}
	for (size_t i = 0; i < sizeof(SAVED); i++)
		take_register(unwind, cursor, frame, SAVED[i]);
}

static enum guess step_by_table(struct unwind *unwind, const struct mapping *mapping,
				struct guess_frame *caller)
{
	unw_cursor_t cursor;
	int moved;

	if ((!mapping->table && !mapping->frames) ||
	    unw_init_remote(&cursor, unwind->space, unwind))
		return GUESS_NONE;
	moved = unw_step(&cursor);
	if (moved < 0)
		return GUESS_NONE;
	if (!moved)
		return GUESS_BOTTOM;
	take_frame(unwind, &cursor, caller);
	return caller->regs[REGISTER_RIP] ? GUESS_CALLER : GUESS_BOTTOM;
}

/* A caller is code, and its frame lies above; only a signal may have come in on another stack. */
static bool is_caller(const struct unwind *unwind, const struct guess_frame *caller)
{
	if (!maps_find(unwind->maps, caller->regs[REGISTER_RIP] - !caller->is_exact))
		return false;
	return caller->is_exact || caller->regs[REGISTER_RSP] > unwind->frame.regs[REGISTER_RSP];
}

static enum guess step(struct unwind *unwind)
{
	const struct mapping *mapping = maps_find(unwind->maps, unwind->lookup);
	struct guess_frame caller;
	enum guess found;

	unwind->has_missed = false;
	if (!mapping)
		return GUESS_NONE;
	found = step_by_table(unwind, mapping, &caller);
	/* Without all of the stack that the table asks for, a guess would only skip frames. */
	if (found == GUESS_NONE && !unwind->has_missed) {
		caller = unwind->frame;
		found = guess_caller(unwind->maps, mapping, unwind->sample, &caller);
	}
	if (found == GUESS_CALLER && !is_caller(unwind, &caller))
		return GUESS_NONE;
	if (found == GUESS_CALLER)
		unwind->frame = caller;
	return found;
}

/* Why there is no next frame, although nothing said that this is the last. */
static enum unwind_end end_without_caller(const struct unwind *unwind)
{
	const struct sample *sample = unwind->sample;
	uint64_t used = unwind->frame.regs[REGISTER_RSP] - sample->regs[REGISTER_RSP];

	if (used > sample->stack_size)
		return unwind->frame.is_exact || sample->stack_cut ? UNWIND_TRUNCATED : UNWIND_LOST;
	/* A table that wants more proves that there is more, even when the slice claims to be all:
	 * the kernel stops copying at a page of a large frame that was never touched. */
	if (unwind->has_missed)
		return UNWIND_TRUNCATED;
	if (sample->stack_cut)
		return used == sample->stack_size ? UNWIND_TRUNCATED : UNWIND_LOST;
	return used == sample->stack_size && sample->stack_size ? UNWIND_COMPLETE : UNWIND_LOST;
}

static void begin(struct unwind *unwind, const struct sample *sample)
{
	unwind->sample = sample;
	unwind->steps += STEPS_PER_SAMPLE;
	if (unwind->steps > STEPS_MAX)
		unwind->steps = STEPS_MAX;
	unwind->frame.is_exact = true;
	unwind->frame.known = ALL_REGISTERS;
	for (unsigned i = 0; i < REGISTER_COUNT; i++)
		unwind->frame.regs[i] = sample->regs[i];
}

static size_t frames_of(struct unwind *unwind, const struct sample *sample, uint64_t *pcs,
			size_t max, enum unwind_end *end)
{
	size_t count = 0;

	for (;;) {
		enum guess found;

		unwind->lookup = unwind->frame.regs[REGISTER_RIP] - !unwind->frame.is_exact;
		pcs[count++] = unwind->lookup;
		if (sample->kind == SAMPLE_THREAD_END) {
			*end = UNWIND_COMPLETE;
			return count;
		}
		found = step(unwind);
		if (found == GUESS_CALLER && count < max)
			continue;
		if (found == GUESS_CALLER)
			*end = UNWIND_TRUNCATED;
		else
			*end = found == GUESS_BOTTOM ? UNWIND_COMPLETE : end_without_caller(unwind);
		return count;
	}
}

size_t unwind_sample(struct unwind *unwind, const struct sample *sample, uint64_t *pcs, size_t max,
		     enum unwind_end *end)
{
	size_t count;

	begin(unwind, sample);
	maps_charge(unwind->maps, &unwind->steps);
	count = frames_of(unwind, sample, pcs, max, end);
	maps_charge(unwind->maps, NULL);
	return count;
}
