/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_fuzz.c -- whatever the bytes of a dictionary's file, they are refused, or what is
 * loaded is written as it was loaded. The checksum, which keeps chance away and not an enemy, is
 * made right. */
#include "collector/dictionary_bytes.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const uint8_t magic[4] = {'C', 'P', 'D', '1'};

enum {
	ROOM = 4 << 20,
	HEAD = 16,
};

static void expect(int truth)
{
	if (!truth)
		abort();
}

static int load(struct dictionary **d, const struct bytes *file, size_t *used)
{
	struct dictionary_mark mark = {0};
	char error[DICTIONARY_ERROR_SIZE] = "";
	*d = dictionary_create(ROOM, 1);
	int result = dictionary_load(*d, &mark, file, used, error);
	expect(!result == !*error && *used <= file->size);
	return result;
}

static void check(const struct bytes *file)
{
	struct dictionary *first, *second;
	struct dictionary_mark mark = {0};
	struct bytes again = {0};
	size_t used;
	if (!load(&first, file, &used)) {
		expect(used == file->size);
		expect(!dictionary_take(first, &mark, &again));
		expect(!load(&second, &again, &used));
		for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++)
			expect(dictionary_count(first, kind) == dictionary_count(second, kind));
		dictionary_destroy(second);
	}
	dictionary_destroy(first);
	bytes_free(&again);
}

static void put_word(uint8_t *at, size_t word)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(word >> (8 * i));
}

/* As a file, and as the body of a piece, plain. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct bytes file = {.at = malloc(HEAD + size), .size = size};
	if (size)
		memcpy(file.at, bytes, size);
	check(&file);
	memcpy(file.at, magic, sizeof(magic));
	put_word(file.at + 8, size);
	put_word(file.at + 12, size);
	if (size)
		memcpy(file.at + HEAD, bytes, size);
	put_word(file.at + 4, libdeflate_crc32(0, file.at + 8, HEAD - 8 + size));
	file.size = HEAD + size;
	check(&file);
	free(file.at);
	return 0;
}
