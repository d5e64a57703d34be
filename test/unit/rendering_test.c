/* SPDX-License-Identifier: Apache-2.0 */
/* rendering_test.c -- small trees of calls in every format, to the letter. */
#include "collector/rendering.h"

#include "collector/column.h"
#include "test/unit/drawn_profile.h"
#include "test/unit/suite.h"

#include <errno.h>

static const char *const types[] = {"samples/count", "cpu/nanoseconds", "gpu/bytes"};
static struct merged *merged, *base;
static struct calls *calls;
static struct text sample_types, text;
static struct rendering rendering;

static void setup(void)
{
	merged = draw(types, 3);
	base = draw(types, 3);
	calls = NULL;
	rendering = (struct rendering){.most = 100, .sample_types = &sample_types};
	rendering.sides[0] = (struct rendering_side){2, INT64_C(1700000000000000000), 5};
	rendering.sides[1] = (struct rendering_side){3, 0, 6};
	text_printf(&sample_types, "[]");
}

static void teardown(void)
{
	calls_destroy(calls);
	merged_destroy(merged);
	merged_destroy(base);
	text_clear(&sample_types);
	text_clear(&text);
}

static void add(struct merged *to, const char *frames, int64_t cpu)
{
	int64_t values[] = {1, cpu};
	draw_stack(to, frames, values, 2);
}

static void set_type(const char *type, const char *unit)
{
	rendering.type = dictionary_text(calls->texts, type, strlen(type));
	rendering.unit = dictionary_text(calls->texts, unit, strlen(unit));
}

static void sum_up(unsigned sides)
{
	calls = calls_create(1 << 20, sides, 1);
	ck_assert_int_eq(calls_add(calls, 0, merged, 1), 0);
	if (sides == 2)
		ck_assert_int_eq(calls_add(calls, 1, base, 1), 0);
	calls_sum(calls);
	rendering.calls = calls;
	set_type("cpu", "nanoseconds");
}

static void expect(int (*render)(const struct rendering *, struct text *), const char *wanted)
{
	text_clear(&text);
	ck_assert_int_eq(render(&rendering, &text), 0);
	text_append(&text, "", 0);
	ck_assert(!text.failed);
	ck_assert_str_eq(text.at, wanted);
}

START_TEST(a_flame_graph_is_written_depth_by_depth)
{
	add(merged, "main;a;x", 1);
	add(merged, "main;b;y", 4);
	add(merged, "main;b;z", 2);
	add(merged, "main;b", 3);
	add(merged, "other", 1);
	sum_up(1);
	/* y and z are children of the first node above them, x of the second one. */
	expect(rendering_flame,
	       "{\"code\":200,\"body\":{\"sample_type\":\"cpu\",\"unit\":\"nanoseconds\","
	       "\"total\":11,\"profiles\":2,\"time\":\"2023-11-14T22:13:20Z\",\"duration_ns\":5,"
	       "\"sample_types\":[],\"nodes\":8,\"left_out\":0,\"levels\":[\n"
	       "[0,0,11,0],\n"
	       "[0,2,10,0,0,3,1,1],\n"
	       "[0,4,9,3,0,5,1,0],\n"
	       "[0,6,4,4,0,7,2,2,1,8,1,1]],\n"
	       "\"names\":[\"[all]\",\"[other]\",\"main\",\"other\",\"b\",\"a\",\"y\",\"z\",\"x\"]"
	       "}}\n");
}
END_TEST

START_TEST(what_is_left_out_is_one_child_of_each)
{
	add(merged, "main;b;y", 4);
	add(merged, "main;b;z", 2);
	add(merged, "main;a", 1);
	rendering.most = 5;
	sum_up(1);
	expect(rendering_flame,
	       "{\"code\":200,\"body\":{\"sample_type\":\"cpu\",\"unit\":\"nanoseconds\","
	       "\"total\":7,\"profiles\":2,\"time\":\"2023-11-14T22:13:20Z\",\"duration_ns\":5,"
	       "\"sample_types\":[],\"nodes\":5,\"left_out\":3,\"levels\":[\n"
	       "[0,0,7,0],\n"
	       "[0,2,7,0],\n"
	       "[0,3,6,0,0,1,1,1],\n"
	       "[0,1,6,6]],\n"
	       "\"names\":[\"[all]\",\"[other]\",\"main\",\"b\"]}}\n");
	expect(rendering_folded, "main;b;[other] 6\nmain;[other] 1\n");
}
END_TEST

START_TEST(two_sides_have_two_values_wherever_they_are)
{
	add(merged, "main;new", 5);
	add(merged, "main;both", 2);
	add(base, "main;both", 4);
	add(base, "main;gone", 1);
	sum_up(2);
	expect(rendering_flame,
	       "{\"code\":200,\"body\":{\"sample_type\":\"cpu\",\"unit\":\"nanoseconds\","
	       "\"total\":7,\"profiles\":2,\"time\":\"2023-11-14T22:13:20Z\",\"duration_ns\":5,"
	       "\"base_total\":5,\"base_profiles\":3,\"base_time\":\"1970-01-01T00:00:00Z\","
	       "\"base_duration_ns\":6,\"sample_types\":[],\"nodes\":5,\"left_out\":0,\"levels\":["
	       "\n"
	       "[0,0,7,0,5,0],\n"
	       "[0,2,7,0,5,0],\n"
	       "[0,3,2,2,4,4,0,4,5,5,0,0,0,5,0,0,1,1]],\n"
	       "\"names\":[\"[all]\",\"[other]\",\"main\",\"both\",\"new\",\"gone\"]}}\n");
	expect(rendering_folded, "main;both 4 2\nmain;new 0 5\nmain;gone 1 0\n");
}
END_TEST

START_TEST(names_cannot_be_misread_in_folded_text)
{
	add(merged, "main;line\nfeed", 1);
	add(merged, "main;operator 12", 2);
	add(merged, "main;two words", 3);
	add(merged, "main;\xff", 4);
	add(merged, "main; 1.5", 5);
	add(merged, "main;12", 6);
	sum_up(1);
	expect(rendering_folded, "main;12 6\nmain;_1.5 5\nmain;\xef\xbf\xbd 4\nmain;two words 3\n"
				 "main;operator_12 2\nmain;line feed 1\n");
	teardown();
	setup();
	struct dictionary_text name = {(const uint8_t *)"a;b", 3};
	add(merged, "main;NAME", 1);
	sum_up(1);
	/* A drawn frame has no semicolon. */
	uint32_t number = dictionary_text(calls->texts, "NAME", 4);
	*(struct dictionary_text *)(uintptr_t)dictionary_text_at(calls->texts, number) = name;
	expect(rendering_folded, "main;a:b 1\n");
}
END_TEST

START_TEST(recursion_counts_once_in_a_table)
{
	add(merged, "main;f;g;f", 4);
	add(merged, "main;f", 3);
	add(merged, "main;g", 5);
	sum_up(1);
	expect(rendering_top,
	       "{\"code\":200,\"body\":{\"sample_type\":\"cpu\",\"unit\":\"nanoseconds\","
	       "\"total\":12,\"profiles\":2,\"time\":\"2023-11-14T22:13:20Z\",\"duration_ns\":5,"
	       "\"sample_types\":[],\"functions\":[\n"
	       "{\"name\":\"f\",\"file\":\"drawn.c\",\"line\":7,\"binary\":\"/bin/drawn\","
	       "\"self\":7,\"total\":7},\n"
	       "{\"name\":\"g\",\"file\":\"drawn.c\",\"line\":7,\"binary\":\"/bin/drawn\","
	       "\"self\":5,\"total\":9},\n"
	       "{\"name\":\"main\",\"file\":\"drawn.c\",\"line\":7,\"binary\":\"/bin/drawn\","
	       "\"self\":0,\"total\":12}],\n"
	       "\"rest\":{\"functions\":0,\"self\":0}}}\n");
}
END_TEST

START_TEST(a_table_shows_what_differs_most)
{
	add(merged, "main;more", 9);
	add(merged, "main;same", 50);
	add(base, "main;more", 4);
	add(base, "main;same", 50);
	add(base, "main;gone", 7);
	rendering.most = 2;
	sum_up(2);
	text_clear(&text);
	ck_assert_int_eq(rendering_top(&rendering, &text), 0);
	ck_assert_str_eq(strstr(text.at, "\"functions\":["),
			 "\"functions\":[\n"
			 "{\"name\":\"gone\",\"file\":\"drawn.c\",\"line\":7,\"binary\":"
			 "\"/bin/drawn\",\"self\":0,\"total\":0,\"base_self\":7,\"base_total\":7,"
			 "\"self_change\":-7,\"total_change\":-7},\n"
			 "{\"name\":\"more\",\"file\":\"drawn.c\",\"line\":7,\"binary\":"
			 "\"/bin/drawn\",\"self\":9,\"total\":9,\"base_self\":4,\"base_total\":4,"
			 "\"self_change\":5,\"total_change\":5}],\n"
			 "\"rest\":{\"functions\":2,\"self\":50,\"base_self\":50,"
			 "\"self_change\":0}}}\n");
}
END_TEST

START_TEST(speedscope_gets_samples_with_weights)
{
	add(merged, "main;work>inlined", 4);
	add(merged, "main", 1);
	sum_up(1);
	expect(rendering_speedscope,
	       "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
	       "\"exporter\":\"conprofd " CONPROF_VERSION "\",\"name\":\"cpu\","
	       "\"activeProfileIndex\":0,\"profiles\":[{\"type\":\"sampled\",\"name\":\"cpu\","
	       "\"unit\":\"nanoseconds\",\"startValue\":0,\"endValue\":5,\n"
	       "\"samples\":[\n[0],\n[0,1,2]],\n\"weights\":[1,4]}],\n"
	       "\"shared\":{\"frames\":[\n"
	       "{\"name\":\"main\",\"file\":\"drawn.c\"},\n"
	       "{\"name\":\"work\",\"file\":\"drawn.c\"},\n"
	       "{\"name\":\"inlined\",\"file\":\"drawn.c\"}]}}\n");
	set_type("events", "count");
	text_clear(&text);
	ck_assert_int_eq(rendering_speedscope(&rendering, &text), 0);
	ck_assert_ptr_nonnull(strstr(text.at, "\"unit\":\"none\""));
}
END_TEST

START_TEST(an_answer_that_is_too_long_says_so)
{
	add(merged, "main;work", 4);
	sum_up(1);
	int (*const all[])(const struct rendering *, struct text *) = {
		rendering_flame, rendering_top, rendering_folded, rendering_speedscope};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t max = 1; max < 12; max++) {
			struct text small = {.max = max};
			ck_assert_int_eq(all[i](&rendering, &small), 0);
			ck_assert(small.is_full && small.failed);
			ck_assert_uint_le(small.len, max);
			text_clear(&small);
		}
}
END_TEST

START_TEST(nothing_can_be_shown_too)
{
	sum_up(2);
	expect(rendering_folded, "");
	text_clear(&text);
	ck_assert_int_eq(rendering_flame(&rendering, &text), 0);
	ck_assert_ptr_nonnull(strstr(text.at, "\"levels\":[\n[0,0,0,0,0,0]],"));
	text_clear(&text);
	ck_assert_int_eq(rendering_top(&rendering, &text), 0);
	ck_assert_ptr_nonnull(strstr(text.at, "\"functions\":[\n],"));
}
END_TEST

/* ---- sample types -------------------------------------------------------------------------- */

static uint32_t column_of(const char *name)
{
	char error[COLUMN_ERROR_SIZE];
	uint32_t column;
	ck_assert_int_eq(column_find(merged, name, &column, error), 0);
	return column;
}

START_TEST(a_type_without_values_is_not_the_default)
{
	int64_t gpu[] = {1, 1, 1};
	ck_assert_uint_eq(column_of(""), 2); /* the last one, when nothing is better */
	add(merged, "main", 5);
	ck_assert_uint_eq(column_of(""), 1); /* the last one that has something */
	merged->period_type = merged->types[0];
	ck_assert_uint_eq(column_of(""), 0);
	draw_stack(merged, "main;draw", gpu, 3);
	ck_assert_uint_eq(column_of(""), 2);
	merged->default_type = merged->types[1].type;
	ck_assert_uint_eq(column_of(""), 1);
	ck_assert_uint_eq(column_of("gpu"), 2);
	ck_assert_uint_eq(column_of("samples"), 0);
}
END_TEST

START_TEST(a_type_that_is_not_there_is_answered_with_those_that_are)
{
	char error[COLUMN_ERROR_SIZE];
	uint32_t column;
	ck_assert_int_eq(column_find(merged, "heap", &column, error), -EINVAL);
	ck_assert_str_eq(error, "bad \"sample_type\" \"heap\": there is samples, cpu, gpu");
	merged->type_count = 0;
	ck_assert_int_eq(column_find(merged, "", &column, error), -EINVAL);
	ck_assert_str_eq(error, "bad \"sample_type\" \"\": there is none");
}
END_TEST

START_TEST(all_types_are_listed_with_their_totals)
{
	struct text json = {0};
	add(merged, "main", 5);
	add(merged, "main;work", -7);
	column_json(&json, merged);
	ck_assert_str_eq(json.at, "[{\"type\":\"samples\",\"unit\":\"count\",\"total\":2},"
				  "{\"type\":\"cpu\",\"unit\":\"nanoseconds\",\"total\":-2},"
				  "{\"type\":\"gpu\",\"unit\":\"bytes\",\"total\":0}]");
	text_clear(&json);
}
END_TEST

START_TEST(numbers_of_any_size_are_written)
{
	struct text numbers = {0};
	int64_t all[] = {0, 9, 10, -1, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		text_number(&numbers, all[i]);
		text_append(&numbers, " ", 1);
	}
	ck_assert_str_eq(numbers.at, "0 9 10 -1 9223372036854775807 -9223372036854775808 ");
	text_clear(&numbers);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rendering");
	TCase *tcase = tcase_create("rendering");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_flame_graph_is_written_depth_by_depth);
	tcase_add_test(tcase, what_is_left_out_is_one_child_of_each);
	tcase_add_test(tcase, two_sides_have_two_values_wherever_they_are);
	tcase_add_test(tcase, names_cannot_be_misread_in_folded_text);
	tcase_add_test(tcase, recursion_counts_once_in_a_table);
	tcase_add_test(tcase, a_table_shows_what_differs_most);
	tcase_add_test(tcase, speedscope_gets_samples_with_weights);
	tcase_add_test(tcase, an_answer_that_is_too_long_says_so);
	tcase_add_test(tcase, nothing_can_be_shown_too);
	tcase_add_test(tcase, a_type_without_values_is_not_the_default);
	tcase_add_test(tcase, a_type_that_is_not_there_is_answered_with_those_that_are);
	tcase_add_test(tcase, all_types_are_listed_with_their_totals);
	tcase_add_test(tcase, numbers_of_any_size_are_written);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
