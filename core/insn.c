/* SPDX-License-Identifier: Apache-2.0 */
/* insn.c -- prefixes, opcode, operands: lengths for all of x86-64, effects for what compilers and
 * assembler programmers do to the stack pointer.
 */
#include "core/insn.h"

#include "core/sample.h"

#include <stdbool.h>
#include <string.h>

enum {
	MODRM = 1,
	IMM8 = 2,
	IMM32 = 4, /* 16 bits wide under the operand size prefix */
	IMM16 = 8,
	MOFFS = 16, /* an address of eight bytes */
	BAD = 32,
};

enum { HARDWARE_RSP = 4, HARDWARE_RBP = 5, WORD = 8 };

struct code {
	const uint8_t *start, *at, *end;
	bool is_narrow; /* operand size prefix */
	uint8_t rex;
	uint8_t map; /* 0: one byte, 1: 0f, 2: 0f 38, 3: 0f 3a */
	uint8_t opcode;
	uint8_t modrm;
	uint8_t base;	/* hardware's number of the base register; 0xff: none, or an index too */
	bool is_vector; /* VEX or EVEX: nothing of it touches the stack pointer */
	int64_t displacement;
	int64_t immediate;
};

static bool take(struct code *c, uint8_t *byte)
{
	if (c->at == c->end)
		return false;
	*byte = *c->at++;
	return true;
}

static bool take_signed(struct code *c, size_t size, int64_t *value)
{
	uint64_t bits = 0;
	unsigned unused = 64 - 8 * (unsigned)size;

	if ((size_t)(c->end - c->at) < size)
		return false;
	memcpy(&bits, c->at, size);
	c->at += size;
	*value = (int64_t)(bits << unused) >> unused;
	return true;
}

static bool is_legacy_prefix(uint8_t byte)
{
	static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
					   0x66, 0x67, 0xf0, 0xf2, 0xf3};
	return memchr(prefixes, byte, sizeof(prefixes)) != NULL;
}

static bool take_vector(struct code *c, uint8_t first)
{
	size_t payload = first == 0xc5 ? 1 : first == 0xc4 ? 2 : 3;

	if ((size_t)(c->end - c->at) < payload)
		return false;
	c->is_vector = true;
	c->map = first == 0xc5 ? 1 : *c->at & (first == 0xc4 ? 0x1f : 7);
	c->at += payload;
	return c->map && take(c, &c->opcode);
}

static bool take_opcode(struct code *c)
{
	uint8_t byte = 0;

	do {
		c->is_narrow |= byte == 0x66;
		if (!take(c, &byte))
			return false;
	} while (is_legacy_prefix(byte));
	if ((byte & 0xf0) == 0x40) {
		c->rex = byte;
		if (!take(c, &byte))
			return false;
	}
	if (byte == 0xc4 || byte == 0xc5 || byte == 0x62)
		return take_vector(c, byte);
	c->opcode = byte;
	if (byte != 0x0f)
		return true;
	c->map = 1;
	if (!take(c, &c->opcode))
		return false;
	if (c->opcode != 0x38 && c->opcode != 0x3a)
		return true;
	c->map = c->opcode == 0x38 ? 2 : 3;
	return take(c, &c->opcode);
}

/* What follows the opcodes of the first map, from 0x60 on. */
/* clang-format off */
static const uint8_t OPERANDS[0xa0] = {
	/* 60 */ BAD, BAD, BAD, MODRM, 0, 0, 0, 0,
	/* 68 */ IMM32, MODRM | IMM32, IMM8, MODRM | IMM8, 0, 0, 0, 0,
	/* 70 */ IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8,
	/* 78 */ IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8,
	/* 80 */ MODRM | IMM8, MODRM | IMM32, BAD, MODRM | IMM8, MODRM, MODRM, MODRM, MODRM,
	/* 88 */ MODRM, MODRM, MODRM, MODRM, MODRM, MODRM, MODRM, MODRM,
	/* 90 */ 0, 0, 0, 0, 0, 0, 0, 0,
	/* 98 */ 0, 0, BAD, 0, 0, 0, 0, 0,
	/* a0 */ MOFFS, MOFFS, MOFFS, MOFFS, 0, 0, 0, 0,
	/* a8 */ IMM8, IMM32, 0, 0, 0, 0, 0, 0,
	/* b0 */ IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8,
	/* b8 */ IMM32, IMM32, IMM32, IMM32, IMM32, IMM32, IMM32, IMM32,
	/* c0 */ MODRM | IMM8, MODRM | IMM8, IMM16, 0, BAD, BAD, MODRM | IMM8, MODRM | IMM32,
	/* c8 */ IMM16 | IMM8, 0, IMM16, 0, 0, IMM8, BAD, 0,
	/* d0 */ MODRM, MODRM, MODRM, MODRM, BAD, BAD, BAD, 0,
	/* d8 */ MODRM, MODRM, MODRM, MODRM, MODRM, MODRM, MODRM, MODRM,
	/* e0 */ IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8, IMM8,
	/* e8 */ IMM32, IMM32, BAD, IMM8, 0, 0, 0, 0,
	/* f0 */ BAD, 0, BAD, BAD, 0, 0, MODRM, MODRM,
	/* f8 */ 0, 0, 0, 0, 0, 0, MODRM, MODRM,
};
/* clang-format on */

static unsigned operands_of_first(uint8_t opcode)
{
	static const uint8_t arithmetic[8] = {MODRM, MODRM, MODRM, MODRM, IMM8, IMM32, BAD, BAD};

	if (opcode < 0x40)
		return arithmetic[opcode & 7];
	return opcode < 0x60 ? 0 : OPERANDS[opcode - 0x60];
}

static unsigned operands_of_second(uint8_t opcode, bool is_vector)
{
	static const char without_modrm[] = "\x05\x06\x07\x08\x09\x0b\x0e\x30\x31\x32\x33\x34\x35"
					    "\x37\x77\xa0\xa1\xa2\xa8\xa9\xaa";

	if ((opcode & 0xfc) == 0x70 || opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6) ||
	    (!is_vector && (opcode == 0xa4 || opcode == 0xac || opcode == 0xba)))
		return MODRM | IMM8;
	if (is_vector)
		return opcode == 0x77 ? 0 : MODRM;
	if ((opcode & 0xf0) == 0x80)
		return IMM32;
	if ((opcode & 0xf8) == 0xc8 || memchr(without_modrm, opcode, sizeof(without_modrm) - 1))
		return 0;
	return MODRM;
}

static unsigned operands_of(const struct code *c)
{
	switch (c->map) {
	case 0:
		return operands_of_first(c->opcode);
	case 1:
		return operands_of_second(c->opcode, c->is_vector);
	case 3:
		return MODRM | IMM8;
	default:
		return MODRM;
	}
}

static bool take_modrm(struct code *c)
{
	unsigned mode;
	uint8_t sib;
	bool has_base = true;

	if (!take(c, &c->modrm))
		return false;
	mode = c->modrm >> 6;
	c->base = (uint8_t)((c->modrm & 7) | (c->rex & 1) << 3);
	if (mode == 3)
		return true;
	if ((c->modrm & 7) == 4) {
		if (!take(c, &sib))
			return false;
		c->base = (uint8_t)((sib & 7) | (c->rex & 1) << 3);
		has_base = (sib & 7) != 5 || mode;
		if ((sib >> 3 & 7) != 4 || (c->rex & 2))
			c->base = 0xff;
	} else {
		has_base = (c->modrm & 7) != 5 || mode;
	}
	if (!has_base)
		c->base = 0xff;
	if (mode == 1)
		return take_signed(c, 1, &c->displacement);
	return (!mode && has_base) || take_signed(c, 4, &c->displacement);
}

static size_t immediate_size(const struct code *c, unsigned operands)
{
	unsigned reg = c->modrm >> 3 & 7;

	/* Near jumps and calls keep their 32 bits under the prefix, as processors of both makers
	 * do for calls in the padded form of the thread-local storage sequences. */
	bool is_near = !c->map ? (c->opcode & 0xfe) == 0xe8 : (c->opcode & 0xf0) == 0x80;
	size_t wide = c->is_narrow && !is_near ? 2 : 4;

	if (!c->map && (c->opcode & 0xfe) == 0xf6)
		return reg > 1 ? 0 : c->opcode == 0xf6 ? 1 : wide;
	if (!c->map && (c->opcode & 0xf8) == 0xb8 && (c->rex & 8))
		return 8;
	return (operands & IMM8 ? 1 : 0) + (operands & IMM16 ? 2 : 0) + (operands & MOFFS ? 8 : 0) +
	       (operands & IMM32 ? wide : 0);
}

static bool take_operands(struct code *c)
{
	unsigned operands = operands_of(c);
	size_t size;

	if ((operands & BAD) || ((operands & MODRM) && !take_modrm(c)))
		return false;
	size = immediate_size(c, operands);
	return !size || (size <= 8 && take_signed(c, size, &c->immediate));
}

static unsigned register_of(unsigned hardware)
{
	/* DWARF counts the first eight in its own order. */
	static const uint8_t first[8] = {
		REGISTER_RAX, REGISTER_RCX, REGISTER_RDX, REGISTER_RBX,
		REGISTER_RSP, REGISTER_RBP, REGISTER_RSI, REGISTER_RDI,
	};

	return hardware < 8 ? first[hardware] : hardware;
}

static unsigned reg_field(const struct code *c)
{
	return (c->modrm >> 3 & 7u) | (c->rex & 4u) << 1;
}

static void move(const struct code *c, struct insn *insn, unsigned to, unsigned from)
{
	if (to == HARDWARE_RSP)
		insn->effect = from == HARDWARE_RBP ? INSN_FRAME : INSN_FORGET;
	else if (to == HARDWARE_RBP && from == HARDWARE_RSP && (c->rex & 8))
		insn->effect = INSN_LINK;
}

static void load(const struct code *c, struct insn *insn)
{
	bool is_register = c->modrm >> 6 == 3;

	if (is_register && c->opcode == 0x8b) {
		move(c, insn, reg_field(c), c->base);
	} else if (reg_field(c) == HARDWARE_RSP) {
		insn->amount = c->displacement;
		if (c->opcode == 0x8b)
			insn->effect = c->base == HARDWARE_RSP ? INSN_RELOAD : INSN_FORGET;
		else if (c->base == HARDWARE_RSP)
			insn->effect = INSN_ADD;
		else
			insn->effect = c->base == HARDWARE_RBP ? INSN_FRAME : INSN_FORGET;
	}
}

static void arithmetic(const struct code *c, struct insn *insn)
{
	unsigned operation = c->modrm >> 3 & 7;

	if (c->modrm >> 6 != 3 || c->base != HARDWARE_RSP || operation == 7)
		return;
	insn->effect = operation == 0 || operation == 5 ? INSN_ADD : INSN_FORGET;
	insn->amount = operation == 0 ? c->immediate : -c->immediate;
}

static void group_of_ff(const struct code *c, struct insn *insn)
{
	unsigned operation = c->modrm >> 3 & 7;

	if (operation == 2 || operation == 3)
		insn->effect = INSN_CALL;
	else if (operation == 4 || operation == 5)
		insn->effect = INSN_STOP;
	else if (operation == 6)
		insn->effect = INSN_PUSH;
}

static void effect_of_first(const struct code *c, struct insn *insn)
{
	uint8_t op = c->opcode;

	switch (op) {
	case 0x68:
	case 0x6a:
	case 0x9c:
		insn->effect = INSN_PUSH;
		break;
	case 0x8f:
	case 0x9d:
		insn->effect = INSN_POP;
		break;
	case 0x81:
	case 0x83:
		arithmetic(c, insn);
		break;
	case 0x89:
		if (c->modrm >> 6 == 3)
			move(c, insn, c->base, reg_field(c));
		break;
	case 0x8b:
	case 0x8d:
		load(c, insn);
		break;
	case 0xc2:
	case 0xc3:
		insn->effect = INSN_RETURN;
		break;
	case 0xc9:
		insn->effect = INSN_LEAVE;
		break;
	case 0xcc:
	case 0xf4:
		insn->effect = INSN_STOP;
		break;
	case 0xe8:
		insn->effect = INSN_CALL;
		break;
	case 0xe9:
	case 0xeb:
		insn->effect = INSN_JUMP;
		break;
	case 0xff:
		group_of_ff(c, insn);
		break;
	default:
		if ((op & 0xf8) == 0x50)
			insn->effect = INSN_PUSH;
		else if ((op & 0xf8) == 0x58)
			insn->effect = INSN_POP;
		else if ((op & 0xf0) == 0x70 || (op & 0xfc) == 0xe0)
			insn->effect = INSN_BRANCH;
	}
	if ((op & 0xf8) == 0x58)
		insn->reg = register_of((op & 7u) | (c->rex & 1u) << 3);
	if (insn->effect == INSN_JUMP || insn->effect == INSN_BRANCH)
		insn->amount = c->immediate;
}

static void effect_of_second(const struct code *c, struct insn *insn)
{
	if ((c->opcode & 0xf0) == 0x80) {
		insn->effect = INSN_BRANCH;
		insn->amount = c->immediate;
	} else if (c->opcode == 0x0b) {
		insn->effect = INSN_STOP;
	}
}

struct insn insn_decode(const uint8_t *code, size_t len)
{
	struct code c = {.start = code, .at = code, .base = 0xff};
	struct insn insn = {.effect = INSN_PLAIN, .reg = REGISTER_COUNT};

	c.end = code + (len < INSN_SIZE_MAX ? len : INSN_SIZE_MAX);
	if (!take_opcode(&c) || !take_operands(&c))
		return insn;
	insn.size = (size_t)(c.at - c.start);
	if (!c.is_vector && c.map == 0)
		effect_of_first(&c, &insn);
	else if (!c.is_vector && c.map == 1)
		effect_of_second(&c, &insn);
	return insn;
}
