/* SPDX-License-Identifier: Apache-2.0 */
/* view_fuzz.c -- whatever the bytes, a view refuses them or makes a profile that becomes a record,
 * comes back from it, and is merged into a pprof that is valid again. */
#include "collector/inflate.h"
#include "collector/merged.h"
#include "collector/record.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
	ROOM = 8 << 20,
	INFLATED = 1 << 20,
	RATIO = 200,
};

static void expect(int truth)
{
	if (!truth)
		abort();
}

static void check_merged(const struct sheet *sheet, const struct dictionary *d)
{
	struct table_budget budget = {.left = ROOM};
	struct tally tally;
	struct view view;
	struct arena arena = {0};
	struct view_input input = {0};
	uint8_t *bytes = NULL;
	char error[TALLY_ERROR_SIZE];
	struct merged *merged = merged_create(ROOM, 2);
	expect(tally_open(&tally, d, &budget, 1));
	if (!tally_add(&tally, sheet, error) && !merged_add(merged, &tally, error) &&
	    !merged_encode(merged, 0, &bytes, &input.size)) {
		input.bytes = bytes;
		expect(!view_open(&view, &arena, &input, error));
		free(bytes);
	}
	arena_free(&arena);
	tally_close(&tally);
	merged_destroy(merged);
}

static void check_record(struct sheet *sheet, const struct dictionary *d)
{
	struct bytes record = {0};
	struct arena arena = {.max = ROOM};
	struct sheet read;
	struct inflate *inflate = inflate_create(RECORD_BODY_MAX, UINT_MAX);
	char error[RECORD_ERROR_SIZE];
	expect(!record_encode(sheet, &record, NULL));
	struct record_input input = {record.at, record.size, d, inflate};
	expect(!record_decode(&read, &arena, &input, error));
	expect(read.row_count == sheet->row_count && read.base_count == sheet->base_count);
	size_t values = (size_t)sheet->row_count * sheet->type_count * sizeof(*sheet->values);
	expect(!memcmp(read.values, sheet->values, values));
	expect(!memcmp(read.rows, sheet->rows, sheet->row_count * sizeof(*sheet->rows)));
	check_merged(&read, d);
	bytes_free(&record);
	arena_free(&arena);
	inflate_destroy(inflate);
}

static void check_view(const uint8_t *bytes, size_t size)
{
	struct arena arena = {0};
	struct view view;
	struct sheet sheet;
	struct view_limits limits = view_limits;
	char error[VIEW_ERROR_SIZE] = "";
	struct view_input input = {bytes, size, &limits};
	limits.memory = ROOM;
	int result = view_open(&view, &arena, &input, error);
	expect(!result == !*error);
	struct dictionary *d = result ? NULL : dictionary_create(ROOM, 1);
	arena.max = (size_t)ROOM * 2;
	if (!result && !sheet_take(&sheet, &arena, &view, d))
		check_record(&sheet, d);
	dictionary_destroy(d);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct inflate *inflate = inflate_create(INFLATED, RATIO);
	const uint8_t *raw;
	size_t raw_size;
	if (!inflate_open(inflate, bytes, size, &raw, &raw_size))
		check_view(raw, raw_size);
	inflate_destroy(inflate);
	return 0;
}
