/* SPDX-License-Identifier: Apache-2.0 */
/* callsite.c -- looks back at the bytes before a return address. */
#include "core/callsite.h"

#include <string.h>

enum {
	CALL_SIZE = 5,
	INDIRECT_CALL_MAX = 7, /* its forms have 2 to 7 bytes */
};

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

static bool is_reached_from(uint64_t entry, const struct mapping *mapping, uint64_t pc,
			    uint64_t reach)
{
	return entry >= mapping->start && entry <= pc && pc - entry < reach;
}

bool callsite_leads_to(struct maps *maps, uint64_t address, const struct mapping *mapping,
		       uint64_t pc, uint64_t reach)
{
	uint8_t code[CALL_SIZE];
	int32_t distance;
	uint64_t target;

	if (!maps_read(maps, address - CALL_SIZE, code, sizeof(code)) || code[0] != 0xe8)
		return false;
	memcpy(&distance, code + 1, sizeof(distance));
	target = address + (uint64_t)(int64_t)distance;
	return is_reached_from(target, mapping, pc, reach) ||
	       is_reached_from(stub_target(maps, target), mapping, pc, reach);
}

bool callsite_ends_at(struct maps *maps, uint64_t address)
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
