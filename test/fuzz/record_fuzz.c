/* SPDX-License-Identifier: Apache-2.0 */
/* record_fuzz.c -- whatever the bytes of a record, they are refused, or make a profile that can be
 * merged and written again. */
#include "collector/inflate.h"
#include "collector/merged.h"
#include "collector/record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
	ROOM = 8 << 20,
	ROWS = 40,
};

static void expect(int truth)
{
	if (!truth)
		abort();
}

/* A few of everything, so that most small numbers refer to something. */
static struct dictionary *make_dictionary(void)
{
	struct dictionary *d = dictionary_create(ROOM, 1);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct dictionary_function function = {i, i / 2, 0, 1, i};
		struct dictionary_mapping mapping = {i * 4000ULL, i, i, i / 3, 16, 0};
		struct dictionary_line line = {i / 2, i + 1, i, i % 3};
		struct dictionary_location place = {i * 100ULL, i % 9, i, 1, 0};
		struct dictionary_stack stack = {i / 2, i + 1};
		struct dictionary_label label = {i / 2, 1 + i % 3, i, i / 2, i % 3 ? i : 0};
		char text[16];
		expect(dictionary_text(d, text,
				       (size_t)snprintf(text, sizeof(text), "text%u", i)) !=
		       DICTIONARY_NONE);
		dictionary_add(d, DICTIONARY_FUNCTIONS, &function);
		dictionary_add(d, DICTIONARY_MAPPINGS, &mapping);
		dictionary_add(d, DICTIONARY_LINES, &line);
		dictionary_add(d, DICTIONARY_LOCATIONS, &place);
		dictionary_add(d, DICTIONARY_STACKS, &stack);
		dictionary_add(d, DICTIONARY_LABELS, &label);
	}
	return d;
}

static void merge(const struct sheet *sheet, const struct dictionary *d)
{
	struct table_budget budget = {.left = ROOM};
	struct tally tally;
	uint8_t *bytes = NULL;
	size_t size;
	char error[TALLY_ERROR_SIZE];
	struct merged *merged = merged_create(ROOM, 2);
	expect(tally_open(&tally, d, &budget, 1));
	if (!tally_add(&tally, sheet, error) && !merged_add(merged, &tally, error))
		expect(!merged_encode(merged, 0, &bytes, &size));
	free(bytes);
	tally_close(&tally);
	merged_destroy(merged);
}

static int decode(struct sheet *s, struct arena *arena, const struct record_input *input)
{
	char error[RECORD_ERROR_SIZE] = "";
	int result = record_decode(s, arena, input, error);
	expect(!result == !*error);
	return result;
}

static void check(const uint8_t *bytes, size_t size, const struct dictionary *d)
{
	struct inflate *inflate = inflate_create(1 << 20, UINT_MAX);
	struct arena arena = {.max = ROOM}, other = {.max = ROOM};
	struct bytes again = {0};
	struct sheet sheet, read;
	struct record_input input = {bytes, size, d, inflate};
	if (!decode(&sheet, &arena, &input)) {
		merge(&sheet, d);
		expect(!record_encode(&sheet, &again, NULL));
		input = (struct record_input){again.at, again.size, d, inflate};
		expect(!decode(&read, &other, &input) && read.row_count == sheet.row_count);
	}
	bytes_free(&again);
	arena_free(&arena);
	arena_free(&other);
	inflate_destroy(inflate);
}

/* As a record, and as the body of one that is plain. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct dictionary *d;
	uint8_t *plain = malloc(size + 2);
	if (!d)
		d = make_dictionary();
	plain[0] = 1;
	plain[1] = 0;
	if (size)
		memcpy(plain + 2, bytes, size);
	check(bytes, size, d);
	check(plain, size + 2, d);
	free(plain);
	return 0;
}
