/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_fuzz.c -- whatever a profile says, each outline of its calls keeps its sums, and what
 * is written as JSON is JSON. The first byte says how many nodes there may be. */
#include "collector/column.h"
#include "collector/merge.h"
#include "collector/rendering.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
	ROOM = 8 << 20,
	INFLATED = 1 << 20,
	LONGEST = 1 << 20,
};

static void expect(int truth)
{
	if (!truth)
		abort();
}

static int get(void *data, size_t i, struct merge_profile *p, char error[MERGE_ERROR_SIZE])
{
	(void)i;
	(void)error;
	*p = *(struct merge_profile *)data;
	return 0;
}

static void check_sums(const struct outline *o, unsigned side)
{
	uint64_t *totals = calloc(o->depth + 2UL, sizeof(*totals)); /* of children, by depth */
	for (uint32_t i = o->count; i-- > 0;) {
		const struct calls_value *value = &outline_values_at(o, i)[side];
		uint32_t depth = o->nodes[i].depth;
		expect((uint64_t)value->self + totals[depth + 1] == (uint64_t)value->total);
		totals[depth + 1] = 0;
		totals[depth] += (uint64_t)value->total;
	}
	free(totals);
}

static void check_outline(struct calls *calls, uint32_t most)
{
	struct outline outline;
	if (!outline_open(&outline, calls, most)) {
		expect(outline.count <= most);
		check_sums(&outline, 0);
		check_sums(&outline, 1);
	}
	outline_close(&outline);
}

static void check_json(const struct rendering *r,
		       int (*render)(const struct rendering *, struct text *))
{
	struct text text = {.max = LONGEST};
	if (!render(r, &text) && !text.failed) {
		cJSON *json = cJSON_ParseWithLength(text.at, text.len);
		expect(json != NULL);
		cJSON_Delete(json);
	}
	text_clear(&text);
}

static void check_folded(const struct rendering *r)
{
	struct text text = {.max = LONGEST};
	if (!rendering_folded(r, &text) && !text.failed && text.len) {
		expect(text.at[text.len - 1] == '\n');
		expect(!memchr(text.at, '\0', text.len));
	}
	text_clear(&text);
}

static void check_calls(const struct merged *merged, uint32_t most)
{
	struct calls *calls = calls_create(ROOM, 2, 1);
	struct text types = {.max = LONGEST};
	uint32_t column;
	char error[COLUMN_ERROR_SIZE];
	expect(calls && !column_find(merged, "", &column, error));
	column_json(&types, merged);
	if (!types.failed && !calls_add(calls, 0, merged, column) &&
	    !calls_add(calls, 1, merged, 0)) {
		struct rendering r = {.calls = calls, .most = most, .sample_types = &types};
		calls_sum(calls);
		calls_scale(calls, 1, calls_values_at(calls, 0)->total);
		calls_sum(calls);
		check_outline(calls, most);
		check_json(&r, rendering_flame);
		check_json(&r, rendering_top);
		check_json(&r, rendering_speedscope);
		check_folded(&r);
	}
	text_clear(&types);
	calls_destroy(calls);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct merge_profile profile = {.bytes = bytes + 1, .size = size - 1};
	struct merge_source source = {.data = &profile, .count = 1, .get = get};
	struct merge_options options = {.memory = ROOM, .inflated = INFLATED};
	struct merged *merged;
	char error[MERGE_ERROR_SIZE];
	if (size < 2 || merge_run(&source, &options, &merged, error))
		return 0;
	if (merged->type_count)
		check_calls(merged, (uint32_t)bytes[0] + OUTLINE_LEAST);
	merged_destroy(merged);
	return 0;
}
