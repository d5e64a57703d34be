/* SPDX-License-Identifier: Apache-2.0 */
/* insn_fuzz.c -- any bytes as code: instructions are whole, cut ones are none, and a jump is as
 * long as its operand.
 */
#include "core/insn.h"
#include "core/sample.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static int is_same(const struct insn *a, const struct insn *b)
{
	return a->size == b->size && a->effect == b->effect && a->reg == b->reg &&
	       a->amount == b->amount;
}

/* Behind a buffer of just this size lies nothing that may be read. */
static struct insn decode(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len);
	struct insn insn;

	memcpy(exact, bytes, len);
	insn = insn_decode(exact, len);
	free(exact);
	return insn;
}

static size_t check(const uint8_t *bytes, size_t size)
{
	size_t most = size < INSN_SIZE_MAX ? size : INSN_SIZE_MAX;
	struct insn insn = decode(bytes, most);
	struct insn again = insn_decode(bytes, size);

	require(is_same(&insn, &again));
	require(insn.size <= most && insn.effect <= INSN_STOP && insn.reg <= REGISTER_COUNT);
	require(insn.amount >= -((int64_t)1 << 31) && insn.amount <= (int64_t)1 << 31);
	for (size_t len = 1; len < insn.size; len++) {
		struct insn cut = decode(bytes, len);

		require(!cut.size);
	}
	return insn.size ? insn.size : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;)
		at += check(bytes + at, size - at);
	return 0;
}
