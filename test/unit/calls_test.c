/* SPDX-License-Identifier: Apache-2.0 */
/* calls_test.c -- trees of calls, and outlines of them whose sums stay what they are. */
#include "collector/calls.h"

#include "collector/merge.h"
#include "collector/outline.h"
#include "test/merge/random_pprof.h"
#include "test/unit/drawn_profile.h"
#include "test/unit/suite.h"

#include <errno.h>
#include <stdio.h>

static const char *const type[] = {"cpu/nanoseconds"};
static struct merged *merged;
static struct calls *calls;
static struct outline outline;

static void setup(void)
{
	merged = draw(type, 1);
	calls = calls_create(16 << 20, 1, 1);
	ck_assert_ptr_nonnull(calls);
}

static void teardown(void)
{
	outline_close(&outline);
	calls_destroy(calls);
	merged_destroy(merged);
}

static void add(const char *frames, int64_t value)
{
	draw_stack(merged, frames, &value, 1);
}

static void expect_calls(void)
{
	ck_assert_int_eq(calls_add(calls, 0, merged, 0), 0);
	calls_sum(calls);
}

/* The node of "main;work"; it has to be there. */
static uint32_t node_of(const char *frames)
{
	char *copy = strdup(frames), *rest;
	uint32_t node = 0;
	for (char *name = strtok_r(copy, ";", &rest); name; name = strtok_r(NULL, ";", &rest)) {
		uint32_t found = 0;
		for (uint32_t i = node + 1; i < calls_count(calls); i++) {
			const struct calls_node *n = calls_node_at(calls, i);
			const struct dictionary_text *t = dictionary_text_at(calls->texts, n->name);
			if (n->parent == node && t->size == strlen(name) &&
			    !memcmp(t->bytes, name, t->size))
				found = i;
		}
		ck_assert_msg(found, "%s has no %s", frames, name);
		node = found;
	}
	free(copy);
	return node;
}

static void expect_node(const char *frames, int64_t self, int64_t total)
{
	const struct calls_value *value = calls_values_at(calls, node_of(frames));
	ck_assert_int_eq(value->self, self);
	ck_assert_int_eq(value->total, total);
}

START_TEST(what_stacks_have_in_common_is_one_path)
{
	add("main;work;sort", 5);
	add("main;work", 2);
	add("main;idle", 1);
	expect_calls();
	ck_assert_uint_eq(calls_count(calls), 5);
	expect_node("", 0, 8);
	expect_node("main", 0, 8);
	expect_node("main;work", 2, 7);
	expect_node("main;work;sort", 5, 5);
	expect_node("main;idle", 1, 1);
}
END_TEST

START_TEST(inlined_functions_are_frames)
{
	add("main;outer>middle>inner", 3);
	add("main;outer", 4);
	expect_calls();
	expect_node("main;outer", 4, 7);
	expect_node("main;outer;middle;inner", 3, 3);
}
END_TEST

START_TEST(code_without_a_name_is_called_by_its_place)
{
	add("main;@1a0", 3);
	expect_calls();
	expect_node("main;[drawn+0x3a0]", 3, 3);
	struct calls_place place =
		calls_place_of(calls, calls_node_at(calls, node_of("main;[drawn+0x3a0]"))->name);
	ck_assert_uint_eq(dictionary_text_at(calls->texts, place.binary)->size,
			  strlen("/bin/drawn"));
	ck_assert_uint_eq(place.file, 0);
	place = calls_place_of(calls, calls_node_at(calls, node_of("main"))->name);
	ck_assert_uint_eq(dictionary_text_at(calls->texts, place.file)->size, strlen("drawn.c"));
	ck_assert_int_eq(place.line, 7);
}
END_TEST

START_TEST(samples_without_a_stack_are_not_lost)
{
	add("main", 3);
	add("", 2);
	expect_calls();
	expect_node("", 0, 5);
	expect_node("[no stack]", 2, 2);
	uint32_t name = calls_node_at(calls, node_of("[no stack]"))->name;
	ck_assert_uint_eq(calls_place_of(calls, name).binary, 0);
}
END_TEST

START_TEST(samples_of_zeros_make_no_nodes)
{
	add("main;work", 0);
	add("main", 1);
	expect_calls();
	ck_assert_uint_eq(calls_count(calls), 2);
}
END_TEST

START_TEST(a_tree_beyond_its_memory_is_refused)
{
	char frames[64];
	for (int i = 0; i < 2000; i++) {
		snprintf(frames, sizeof frames, "main;work;%d", i);
		add(frames, 1);
	}
	struct calls *small = calls_create(256 << 10, 1, 1);
	ck_assert_ptr_nonnull(small);
	ck_assert_int_eq(calls_add(small, 0, merged, 0), -ENOSPC);
	calls_destroy(small);
	size_t before = calls_memory(calls);
	expect_calls();
	ck_assert_uint_gt(calls_memory(calls), before + 2000 * sizeof(struct calls_node));
	ck_assert_uint_lt(calls_memory(calls), 1 << 20);
	calls->budget.left = 10000; /* nor has the outline more than there is */
	ck_assert_int_eq(outline_open(&outline, calls, 100), -ENOSPC);
}
END_TEST

START_TEST(a_side_is_scaled_to_a_total_exactly)
{
	static const int64_t totals[] = {1, 7, 100, 1000003, INT64_MAX};
	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		teardown();
		setup();
		add("main;a", 1);
		add("main;b", 1);
		add("main;c", 5);
		add("main", 4);
		expect_calls();
		calls_scale(calls, 0, totals[i]);
		calls_sum(calls);
		ck_assert_int_eq(calls_values_at(calls, 0)->total, totals[i]);
		int64_t share = calls_values_at(calls, node_of("main;c"))->self;
		ck_assert_int_ge(share, totals[i] / 11 * 5 - 1);
		ck_assert_int_le(share, (int64_t)((__int128)totals[i] * 5 / 11) + 1);
	}
}
END_TEST

START_TEST(what_sums_up_to_nothing_or_too_much_is_not_scaled)
{
	add("main;a", 3);
	add("main;b", -3);
	expect_calls();
	calls_scale(calls, 0, 100);
	expect_node("main;a", 3, 3);
	teardown();
	setup();
	add("main;a", INT64_MAX);
	add("main;b", INT64_MAX);
	expect_calls();
	calls_scale(calls, 0, 100);
	expect_node("main;a", INT64_MAX, INT64_MAX);
}
END_TEST

/* ---- outlines ------------------------------------------------------------------------------ */

static const char *name_of(uint32_t node, char name[64])
{
	uint32_t number = outline.nodes[node].name;
	const struct dictionary_text *t;
	if (number == OUTLINE_REST)
		return "(rest)";
	t = dictionary_text_at(calls->texts, number);
	snprintf(name, 64, "%.*s", (int)t->size, (const char *)t->bytes);
	return name;
}

static void expect_shown(uint32_t node, uint32_t depth, const char *name, int64_t self)
{
	char is[64];
	ck_assert_uint_lt(node, outline.count);
	ck_assert_str_eq(name_of(node, is), name);
	ck_assert_uint_eq(outline.nodes[node].depth, depth);
	ck_assert_int_eq(outline_values_at(&outline, node)->self, self);
}

START_TEST(the_heaviest_stay_and_come_first)
{
	add("main;light", 1);
	add("main;heavy;a", 10);
	add("main;heavy;b", 3);
	add("main;middle", 5);
	expect_calls();
	ck_assert_int_eq(outline_open(&outline, calls, 5), 0);
	ck_assert_uint_eq(outline.count, 5);
	ck_assert_uint_eq(outline.left_out, 4);
	expect_shown(0, 0, "", 0);
	expect_shown(1, 1, "main", 0);
	expect_shown(2, 2, "heavy", 0);
	expect_shown(3, 3, "(rest)", 13);
	expect_shown(4, 2, "(rest)", 6);
	outline_close(&outline);
	ck_assert_int_eq(outline_open(&outline, calls, 7), 0);
	ck_assert_uint_eq(outline.count, 7);
	ck_assert_uint_eq(outline.left_out, 0);
	expect_shown(3, 3, "a", 10);
	expect_shown(5, 2, "middle", 5);
	expect_shown(6, 2, "light", 1);
}
END_TEST

START_TEST(the_least_outline_is_one_rest)
{
	add("main;work", 3);
	expect_calls();
	ck_assert_int_eq(outline_open(&outline, calls, OUTLINE_LEAST), 0);
	ck_assert_uint_eq(outline.count, 2);
	expect_shown(1, 1, "(rest)", 3);
}
END_TEST

START_TEST(nothing_has_an_outline_too)
{
	expect_calls();
	ck_assert_int_eq(outline_open(&outline, calls, 10), 0);
	ck_assert_uint_eq(outline.count, 1);
	ck_assert_uint_eq(outline.left_out, 0);
}
END_TEST

/* Whatever is left out: each node is its own and its children's, none has two of one name, and a
 * rest is the last child. */
static void check_outline(uint32_t most)
{
	uint64_t *sums = calloc(outline.depth + 2UL, sizeof(*sums));
	ck_assert_uint_le(outline.count, most);
	for (uint32_t i = outline.count; i-- > 0;) {
		const struct calls_value *value = outline_values_at(&outline, i);
		uint32_t depth = outline.nodes[i].depth;
		sums[depth + 1] += (uint64_t)value->self;
		ck_assert_uint_eq(sums[depth + 1], (uint64_t)value->total);
		sums[depth] += (uint64_t)value->total;
		sums[depth + 1] = 0;
		if (outline.nodes[i].name == OUTLINE_REST && i + 1 < outline.count)
			ck_assert_uint_lt(outline.nodes[i + 1].depth, depth);
	}
	ck_assert_int_eq(outline_values_at(&outline, 0)->total, calls_values_at(calls, 0)->total);
	free(sums);
}

static int get(void *data, size_t i, struct merge_profile *p, char text[MERGE_ERROR_SIZE])
{
	const struct bytes *profiles = data;
	(void)text;
	*p = (struct merge_profile){.bytes = profiles[i].at, .size = profiles[i].size};
	return 0;
}

enum {
	MEMBERS = 5,
};

static void merge_random(uint64_t family)
{
	struct bytes profiles[MEMBERS] = {0};
	struct merge_source source = {.data = profiles, .count = MEMBERS, .get = get};
	struct merge_options options = {0};
	char error[MERGE_ERROR_SIZE];
	for (uint64_t i = 0; i < MEMBERS; i++) {
		struct random_pprof wanted = {.family = family, .member = i};
		random_pprof(&wanted, &profiles[i]);
	}
	merged_destroy(merged);
	ck_assert_int_eq(merge_run(&source, &options, &merged, error), 0);
	for (uint64_t i = 0; i < MEMBERS; i++)
		bytes_free(&profiles[i]);
}

static int64_t total_of(uint32_t column)
{
	uint64_t sum = 0;
	for (uint32_t i = 1; i < table_count(&merged->rows); i++)
		sum += (uint64_t)merged->values[(size_t)i * merged->type_count + column];
	return (int64_t)sum;
}

/* Values of any size and sign. */
START_TEST(random_profiles_keep_their_sums)
{
	for (uint64_t family = 0; family < 40; family++) {
		merge_random(family);
		calls_destroy(calls);
		calls = calls_create(16 << 20, 2, family);
		ck_assert_int_eq(calls_add(calls, 0, merged, 0), 0);
		ck_assert_int_eq(calls_add(calls, 1, merged, merged->type_count - 1), 0);
		calls_sum(calls);
		ck_assert_int_eq(calls_values_at(calls, 0)[0].total, total_of(0));
		ck_assert_int_eq(calls_values_at(calls, 0)[1].total,
				 total_of(merged->type_count - 1));
		for (uint32_t most = 2; most < 100; most += most / 8 + 1) {
			ck_assert_int_eq(outline_open(&outline, calls, most), 0);
			check_outline(most);
			outline_close(&outline);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calls");
	TCase *tcase = tcase_create("calls");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_stacks_have_in_common_is_one_path);
	tcase_add_test(tcase, inlined_functions_are_frames);
	tcase_add_test(tcase, code_without_a_name_is_called_by_its_place);
	tcase_add_test(tcase, samples_without_a_stack_are_not_lost);
	tcase_add_test(tcase, samples_of_zeros_make_no_nodes);
	tcase_add_test(tcase, a_tree_beyond_its_memory_is_refused);
	tcase_add_test(tcase, a_side_is_scaled_to_a_total_exactly);
	tcase_add_test(tcase, what_sums_up_to_nothing_or_too_much_is_not_scaled);
	tcase_add_test(tcase, the_heaviest_stay_and_come_first);
	tcase_add_test(tcase, the_least_outline_is_one_rest);
	tcase_add_test(tcase, nothing_has_an_outline_too);
	tcase_add_test(tcase, random_profiles_keep_their_sums);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
