/* SPDX-License-Identifier: Apache-2.0 */
/* cfi_check.c -- a walk over every byte of an entry that admits only what is known.
 *
 * What libunwind 1.6.2 would do with the rest: an expression that branches backward or whose
 * length wraps never ends; a division traps; a column or register beyond the table is an index; a
 * rule for the CFA that is missing is taken for an expression at address 0, or fails an assertion
 * where those are compiled in; remembered states pile up on the heap.
 */
#include "core/cfi_check.h"

#include <string.h>

enum {
	REGISTER_LIMIT = 17, /* as many columns as libunwind has */
	RETURN_COLUMN = 16,
	REMEMBER_MAX = 32,
};

/* Names and numbers as in the DWARF standard and the Linux Standard Base. */
enum {
	DW_CFA_nop = 0x00,
	DW_CFA_advance_loc1 = 0x02,
	DW_CFA_advance_loc2 = 0x03,
	DW_CFA_advance_loc4 = 0x04,
	DW_CFA_offset_extended = 0x05,
	DW_CFA_restore_extended = 0x06,
	DW_CFA_undefined = 0x07,
	DW_CFA_same_value = 0x08,
	DW_CFA_register = 0x09,
	DW_CFA_remember_state = 0x0a,
	DW_CFA_restore_state = 0x0b,
	DW_CFA_def_cfa = 0x0c,
	DW_CFA_def_cfa_register = 0x0d,
	DW_CFA_def_cfa_offset = 0x0e,
	DW_CFA_def_cfa_expression = 0x0f,
	DW_CFA_expression = 0x10,
	DW_CFA_offset_extended_sf = 0x11,
	DW_CFA_def_cfa_sf = 0x12,
	DW_CFA_def_cfa_offset_sf = 0x13,
	DW_CFA_val_expression = 0x16,
	DW_CFA_GNU_args_size = 0x2e,
	DW_CFA_GNU_negative_offset_extended = 0x2f,
	DW_CFA_advance_loc = 0x40, /* these three hold their operand in the lower six bits */
	DW_CFA_offset = 0x80,
	DW_CFA_restore = 0xc0,
};

enum {
	DW_OP_deref = 0x06,
	DW_OP_const1u = 0x08, /* 1u 1s 2u 2s 4u 4s 8u 8s */
	DW_OP_const8s = 0x0f,
	DW_OP_constu = 0x10,
	DW_OP_consts = 0x11,
	DW_OP_dup = 0x12,
	DW_OP_drop = 0x13,
	DW_OP_over = 0x14,
	DW_OP_swap = 0x16,
	DW_OP_and = 0x1a,
	DW_OP_minus = 0x1c,
	DW_OP_mul = 0x1e, /* mul neg not or plus */
	DW_OP_plus = 0x22,
	DW_OP_plus_uconst = 0x23,
	DW_OP_shl = 0x24, /* shl shr shra xor */
	DW_OP_xor = 0x27,
	DW_OP_eq = 0x29, /* eq ge gt le lt ne */
	DW_OP_ne = 0x2e,
	DW_OP_lit0 = 0x30,
	DW_OP_lit31 = 0x4f,
	DW_OP_breg0 = 0x70,
	DW_OP_nop = 0x96,
};

enum {
	ENCODING_OMIT = 0xff,
	ENCODING_ABSOLUTE = 0x00,
	ENCODING_UDATA2 = 0x02,
	ENCODING_UDATA4 = 0x03,
	ENCODING_UDATA8 = 0x04,
	ENCODING_SIGNED = 0x08,
	ENCODING_FORMAT = 0x0f,
	ENCODING_BASE = 0x70,
	ENCODING_PC_RELATIVE = 0x10,
	ENCODING_INDIRECT = 0x80,
};

struct walk {
	const uint8_t *at;
	const uint8_t *end;
	unsigned remembered;
	bool has_frame_address; /* a rule for the CFA was given */
	bool has_expression;
};

static bool skip(struct walk *w, uint64_t len)
{
	if (len > (uint64_t)(w->end - w->at))
		return false;
	w->at += len;
	return true;
}

static bool take_byte(struct walk *w, uint8_t *byte)
{
	if (w->at == w->end)
		return false;
	*byte = *w->at++;
	return true;
}

/* Signed ones have the same length, and only lengths and small unsigned values matter here. */
static bool take_leb128(struct walk *w, uint64_t *value)
{
	uint8_t byte;

	*value = 0;
	for (unsigned shift = 0; shift < 63; shift += 7) {
		if (!take_byte(w, &byte))
			return false;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	/* The tenth byte holds the last bit. */
	return take_byte(w, &byte) && !(byte & 0x80);
}

static bool take_register(struct walk *w)
{
	uint64_t number;

	return take_leb128(w, &number) && number < REGISTER_LIMIT;
}

static bool take_number(struct walk *w)
{
	uint64_t ignored;

	return take_leb128(w, &ignored);
}

static bool take_registers(struct walk *w, unsigned count)
{
	while (count && take_register(w))
		count--;
	return !count;
}

static bool take_numbers(struct walk *w, unsigned count)
{
	while (count && take_number(w))
		count--;
	return !count;
}

static bool is_within(uint8_t op, uint8_t first, uint8_t last)
{
	return op >= first && op <= last;
}

/* What takes nothing but the stack, and neither traps nor jumps. */
static bool is_plain_operation(uint8_t op)
{
	return op == DW_OP_deref || is_within(op, DW_OP_dup, DW_OP_over) || op == DW_OP_swap ||
	       op == DW_OP_and || op == DW_OP_minus || is_within(op, DW_OP_mul, DW_OP_plus) ||
	       is_within(op, DW_OP_shl, DW_OP_xor) || is_within(op, DW_OP_eq, DW_OP_ne) ||
	       is_within(op, DW_OP_lit0, DW_OP_lit31) || op == DW_OP_nop;
}

static bool walk_operation(struct walk *w, uint8_t op)
{
	if (is_plain_operation(op))
		return true;
	if (is_within(op, DW_OP_const1u, DW_OP_const8s))
		return skip(w, UINT64_C(1) << ((op - DW_OP_const1u) / 2));
	if (op == DW_OP_constu || op == DW_OP_consts || op == DW_OP_plus_uconst)
		return take_number(w);
	return is_within(op, DW_OP_breg0, DW_OP_breg0 + REGISTER_LIMIT - 1) && take_number(w);
}

static bool walk_expression(struct walk *w)
{
	struct walk inner = *w;
	uint64_t len;
	uint8_t op;

	if (!take_leb128(w, &len))
		return false;
	inner.at = w->at;
	if (!skip(w, len))
		return false;
	inner.end = w->at;
	while (take_byte(&inner, &op)) {
		if (!walk_operation(&inner, op))
			return false;
	}
	w->has_expression = true;
	return true;
}

static bool walk_frame_address(struct walk *w, uint8_t op)
{
	switch (op) {
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
		w->has_frame_address = true;
		return take_register(w) && take_number(w);
	case DW_CFA_def_cfa_expression:
		w->has_frame_address = true;
		return walk_expression(w);
	case DW_CFA_def_cfa_register:
		return w->has_frame_address && take_register(w);
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
		return w->has_frame_address && take_number(w);
	default:
		return false;
	}
}

static bool walk_state(struct walk *w, uint8_t op)
{
	if (op == DW_CFA_remember_state)
		return w->has_frame_address && w->remembered++ < REMEMBER_MAX;
	return w->remembered-- > 0;
}

static bool walk_instruction(struct walk *w, uint8_t op)
{
	switch (op) {
	case DW_CFA_nop:
		return true;
	case DW_CFA_advance_loc1:
		return skip(w, 1);
	case DW_CFA_advance_loc2:
		return skip(w, 2);
	case DW_CFA_advance_loc4:
		return skip(w, 4);
	case DW_CFA_restore_extended:
	case DW_CFA_undefined:
	case DW_CFA_same_value:
		return take_register(w);
	case DW_CFA_offset_extended:
	case DW_CFA_offset_extended_sf:
	case DW_CFA_GNU_negative_offset_extended:
		return take_register(w) && take_number(w);
	case DW_CFA_register:
		return take_registers(w, 2);
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		return take_register(w) && walk_expression(w);
	case DW_CFA_GNU_args_size:
		return take_number(w);
	case DW_CFA_remember_state:
	case DW_CFA_restore_state:
		return walk_state(w, op);
	default:
		return walk_frame_address(w, op);
	}
}

static bool walk_instructions(struct walk *w)
{
	uint8_t op;

	while (take_byte(w, &op)) {
		uint8_t operand = op & 0x3f;
		bool is_good;

		switch (op & 0xc0) {
		case DW_CFA_advance_loc:
			is_good = true;
			break;
		case DW_CFA_offset:
			is_good = operand < REGISTER_LIMIT && take_number(w);
			break;
		case DW_CFA_restore:
			is_good = operand < REGISTER_LIMIT;
			break;
		default:
			is_good = walk_instruction(w, op);
		}
		if (!is_good)
			return false;
	}
	return true;
}

/* Bytes that a pointer of this encoding takes; 0: not one that is used on x86-64. */
static size_t pointer_size(uint8_t encoding)
{
	if ((encoding & ENCODING_BASE) && (encoding & ENCODING_BASE) != ENCODING_PC_RELATIVE)
		return 0;
	switch (encoding & ENCODING_FORMAT) {
	case ENCODING_ABSOLUTE:
	case ENCODING_UDATA8:
	case ENCODING_UDATA8 | ENCODING_SIGNED:
		return 8;
	case ENCODING_UDATA4:
	case ENCODING_UDATA4 | ENCODING_SIGNED:
		return 4;
	case ENCODING_UDATA2:
	case ENCODING_UDATA2 | ENCODING_SIGNED:
		return 2;
	default:
		return 0;
	}
}

static bool take_personality(struct walk *w)
{
	uint8_t encoding;
	size_t size;

	if (!take_byte(w, &encoding))
		return false;
	size = pointer_size(encoding);
	return size && skip(w, size);
}

static bool take_augmentation(struct walk *w, char letter, struct cfi_common *common)
{
	switch (letter) {
	case 'L':
		return take_byte(w, &common->lsda_encoding) &&
		       (common->lsda_encoding == ENCODING_OMIT ||
			pointer_size(common->lsda_encoding));
	case 'R':
		return take_byte(w, &common->fde_encoding) && pointer_size(common->fde_encoding) &&
		       !(common->fde_encoding & ENCODING_INDIRECT);
	case 'P':
		return take_personality(w);
	case 'S':
		common->is_signal = true;
		return true;
	default:
		return false;
	}
}

/* libunwind reads no more than four letters; a fifth would shift what it reads from there on. */
static bool take_augmentations(struct walk *w, const char *letters, struct cfi_common *common)
{
	uint64_t size;
	const uint8_t *end;

	if (!*letters)
		return true;
	if (*letters != 'z' || strlen(letters) > 4 || !take_leb128(w, &size))
		return false;
	if (size > (uint64_t)(w->end - w->at))
		return false;
	common->is_sized = true;
	end = w->at + size;
	for (letters++; *letters; letters++) {
		if (!take_augmentation(w, *letters, common))
			return false;
	}
	/* libunwind takes the instructions to begin where the last letter's data ends. */
	return w->at == end;
}

static bool take_version(struct walk *w, uint8_t *version)
{
	return take_byte(w, version) && (*version == 1 || *version == 3);
}

static bool take_return_column(struct walk *w, uint8_t version)
{
	uint64_t column;
	uint8_t byte;

	if (version == 1)
		return take_byte(w, &byte) && byte == RETURN_COLUMN;
	return take_leb128(w, &column) && column == RETURN_COLUMN;
}

bool cfi_check_common(const struct cfi_bytes *entry, struct cfi_common *common)
{
	struct walk w = {.at = entry->bytes, .end = entry->bytes + entry->size};
	const char *letters;
	uint8_t version;
	uint32_t id;

	*common = (struct cfi_common){.lsda_encoding = ENCODING_OMIT};
	if (!skip(&w, 8))
		return false;
	memcpy(&id, w.at - 4, sizeof(id));
	if (id || !take_version(&w, &version))
		return false;
	letters = (const char *)w.at;
	if (!memchr(w.at, 0, (size_t)(w.end - w.at)) || !skip(&w, strlen(letters) + 1))
		return false;
	if (!take_numbers(&w, 2) || !take_return_column(&w, version) ||
	    !take_augmentations(&w, letters, common) || !walk_instructions(&w))
		return false;
	common->has_expression = w.has_expression;
	return w.has_frame_address;
}

/* The pointer of this encoding at bytes, which lie at address. */
static uint64_t pointer_at(const uint8_t *bytes, uint8_t encoding, uint64_t address)
{
	uint64_t value = 0;
	size_t size = pointer_size(encoding);

	memcpy(&value, bytes, size);
	if (size && size < 8 && (encoding & ENCODING_SIGNED) && (value >> (8 * size - 1)))
		value |= UINT64_MAX << (8 * size);
	return (encoding & ENCODING_BASE) ? value + address : value;
}

bool cfi_check_range(const struct cfi_bytes *entry, const struct cfi_common *common,
		     struct cfi_description *description)
{
	size_t size = pointer_size(common->fde_encoding);
	const uint8_t *range = entry->bytes + 8;

	if (entry->size < 8 || entry->size - 8 < 2 * size)
		return false;
	description->start = pointer_at(range, common->fde_encoding, entry->address + 8);
	description->limit = description->start +
			     pointer_at(range + size, common->fde_encoding & ENCODING_FORMAT, 0);
	return description->limit > description->start;
}

bool cfi_check_description(const struct cfi_bytes *entry, const struct cfi_common *common,
			   struct cfi_description *description)
{
	struct walk w = {.at = entry->bytes, .end = entry->bytes + entry->size};
	uint64_t augmentation = 0;
	size_t lsda =
		common->lsda_encoding == ENCODING_OMIT ? 0 : pointer_size(common->lsda_encoding);

	if (!cfi_check_range(entry, common, description) ||
	    !skip(&w, 8 + 2 * pointer_size(common->fde_encoding)))
		return false;
	if (common->is_sized && (!take_leb128(&w, &augmentation) || augmentation < lsda))
		return false;
	if (!skip(&w, augmentation))
		return false;
	w.has_frame_address = true;
	if (!walk_instructions(&w))
		return false;
	description->has_expression = w.has_expression;
	return true;
}
