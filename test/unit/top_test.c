/* SPDX-License-Identifier: Apache-2.0 */
/* top_test.c -- the functions of one or more profiles, the most expensive ones first. */
#include "collector/top.h"

#include "collector/quantity.h"
#include "collector/top_print.h"
#include "encoder/gzip.h"
#include "encoder/pprof.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t ms = 1000000;

static const char *const files[] = {"one.pb.gz", "two.pb.gz", "three.pb.gz", "four.pb.gz",
				    "five.pb.gz"};

struct finished { /* a profile, and what it lies in */
	struct view view;
	struct arena arena;
	uint8_t *raw;
};

static struct finished *finish(struct pprof *p)
{
	struct finished *f = calloc(1, sizeof(*f));
	struct view_input input = {0};
	char error[VIEW_ERROR_SIZE] = "";
	uint8_t *bytes;
	size_t size;
	ck_assert_int_eq(pprof_encode(p, &bytes, &size), 0);
	ck_assert_int_eq(gzip_inflate(bytes, size, PPROF_RAW_MAX, &f->raw, &input.size), 0);
	input.bytes = f->raw;
	ck_assert_msg(!view_open(&f->view, &f->arena, &input, error), "%s", error);
	free(bytes);
	pprof_destroy(p);
	return f;
}

static void forget(struct finished *f)
{
	arena_free(&f->arena);
	free(f->raw);
	free(f);
}

static struct pprof *begin(const char *second_type)
{
	struct pprof *p = pprof_create();
	pprof_sample_type(p, "samples", "count");
	pprof_sample_type(p, second_type, "nanoseconds");
	pprof_time(p, 1795252415000000000, 45000000000);
	pprof_comment(p, "for people");
	return p;
}

static void add_sample(struct pprof *p, const uint32_t *stack, size_t count, int64_t ticks)
{
	int64_t values[] = {ticks, ticks * 10 * ms};
	struct pprof_sample sample = {
		.locations = stack, .location_count = count, .values = values};
	ck_assert_int_eq(pprof_sample(p, &sample), 0);
}

/* main calls walk, which calls itself and, once, a place without a name. */
static struct finished *example(void)
{
	struct pprof *p = begin("cpu");
	struct pprof_mapping mapping = {0x7f0000001000,	  0x7f0000002000, 0x3000,
					"/lib/libz.so.1", NULL,		  0};
	uint32_t main_id = pprof_location(p, 0, 1, pprof_function(p, "main", NULL, NULL));
	uint32_t walk = pprof_function(p, "walk\x1b[2J", NULL, NULL);
	uint32_t inner = pprof_location(p, 0, 2, walk), outer = pprof_location(p, 0, 3, walk);
	uint32_t unnamed = pprof_location(p, pprof_mapping(p, &mapping), 0x7f0000001234, 0);
	add_sample(p, (uint32_t[]){inner, outer, inner, main_id}, 4, 6);
	add_sample(p, (uint32_t[]){unnamed, outer, main_id}, 3, 3);
	add_sample(p, (uint32_t[]){main_id}, 1, 1);
	return finish(p);
}

static void add_example(struct top *top)
{
	char error[TOP_ERROR_SIZE];
	struct finished *profile = example();
	ck_assert_int_eq(top_add(top, &profile->view, error), 0);
	forget(profile);
}

static const struct top_row *row_of(const struct top *top, const char *name)
{
	uint32_t row = intern_find(&top->names, name, strlen(name) + 1);
	ck_assert_msg(row != INTERN_NONE, "no row for %s", name);
	return &top->rows[row];
}

static char *print(const struct top *top, const struct top_view *view)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	ck_assert_int_eq(top_print(to, top, view, files), 0);
	fclose(to);
	return text;
}

START_TEST(the_example_prints_the_golden_table)
{
	struct top *top = top_create(NULL);
	add_example(top);
	char golden[4096] = "", *text = print(top, &(struct top_view){.rows = 20, .unicode = true});
	FILE *from = fopen("test/golden/top.txt", "re");
	ck_assert_ptr_nonnull(from);
	fread(golden, 1, sizeof(golden) - 1, from);
	fclose(from);
	ck_assert_str_eq(text, golden);
	free(text);
	top_destroy(top);
	top_destroy(NULL);
}
END_TEST

START_TEST(recursion_counts_cum_once_per_sample)
{
	struct top *top = top_create("samples");
	add_example(top);
	const struct top_row *walk = row_of(top, "walk\xef\xbf\xbd[2J");
	ck_assert_int_eq(walk->flat, 6);
	ck_assert_int_eq(walk->cum, 9);
	ck_assert_int_eq(row_of(top, "main")->flat, 1);
	ck_assert_int_eq(row_of(top, "main")->cum, 10);
	ck_assert_int_eq(row_of(top, "[libz.so.1+0x3234]")->flat, 3);
	ck_assert_int_eq(top->total, 10);
	top_destroy(top);
}
END_TEST

START_TEST(profiles_are_summed)
{
	struct top *top = top_create(NULL);
	add_example(top);
	add_example(top);
	ck_assert_str_eq(top->type, "cpu");
	ck_assert_int_eq(top->total, 200 * ms);
	ck_assert_int_eq(row_of(top, "main")->cum, 200 * ms);
	ck_assert_int_eq(row_of(top, "main")->flat, 20 * ms);
	ck_assert_uint_eq(top->sample_count, 6);
	ck_assert_uint_eq(top->file_count, 2);
	ck_assert_uint_eq(top->comment_count, 2);
	ck_assert_int_eq(top->duration_ns, 90000000000);
	top_destroy(top);
}
END_TEST

START_TEST(the_default_type_is_the_profiles_own_or_the_last)
{
	char error[TOP_ERROR_SIZE];
	struct pprof *p = begin("cpu");
	pprof_default_type(p, "samples");
	add_sample(p, NULL, 0, 4);
	struct finished *profile = finish(p);
	struct top *top = top_create(NULL);
	ck_assert_int_eq(top_add(top, &profile->view, error), 0);
	ck_assert_str_eq(top->type, "samples");
	ck_assert_int_eq(top->total, 4);
	top_destroy(top);
	forget(profile);
}
END_TEST

START_TEST(other_sample_types_are_refused)
{
	char error[TOP_ERROR_SIZE];
	struct top *top = top_create(NULL);
	struct pprof *p = begin("wall");
	add_sample(p, NULL, 0, 1);
	struct finished *wall = finish(p);
	add_example(top);
	ck_assert_int_eq(top_add(top, &wall->view, error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "samples/count wall/nanoseconds"));
	ck_assert_ptr_nonnull(strstr(error, "samples/count cpu/nanoseconds"));
	ck_assert_uint_eq(top->file_count, 1);
	top_destroy(top);
	top = top_create("heap");
	ck_assert_int_eq(top_add(top, &wall->view, error), -EINVAL);
	ck_assert_str_eq(error,
			 "it has no sample type 'heap', only: samples/count wall/nanoseconds");
	top_destroy(top);
	forget(wall);
}
END_TEST

START_TEST(inlined_functions_share_a_location)
{
	char error[TOP_ERROR_SIZE];
	struct pprof *p = begin("cpu");
	uint32_t outer = pprof_function(p, "outer", NULL, NULL);
	uint32_t stack = pprof_location(p, 0, 1, pprof_function(p, "inner", NULL, NULL));
	pprof_location(p, 0, 2, outer);
	add_sample(p, &stack, 1, 5);
	struct finished *profile = finish(p);
	profile->view.locations[0].line_count = 2; /* the second one's is the next */
	struct top *top = top_create("samples");
	ck_assert_int_eq(top_add(top, &profile->view, error), 0);
	ck_assert_int_eq(row_of(top, "inner")->flat, 5);
	ck_assert_int_eq(row_of(top, "outer")->flat, 0);
	ck_assert_int_eq(row_of(top, "outer")->cum, 5);
	top_destroy(top);
	forget(profile);
}
END_TEST

START_TEST(sums_saturate)
{
	char error[TOP_ERROR_SIZE];
	struct pprof *p = begin("cpu");
	uint32_t id = pprof_location(p, 0, 1, pprof_function(p, "f", NULL, NULL));
	int64_t values[] = {INT64_MAX, INT64_MIN};
	struct pprof_sample sample = {.locations = &id, .location_count = 1, .values = values};
	pprof_sample(p, &sample);
	pprof_sample(p, &sample);
	struct finished *profile = finish(p);
	struct top *top = top_create("samples");
	ck_assert_int_eq(top_add(top, &profile->view, error), 0);
	ck_assert_int_eq(row_of(top, "f")->flat, INT64_MAX);
	top_destroy(top);
	top = top_create("cpu");
	ck_assert_int_eq(top_add(top, &profile->view, error), 0);
	ck_assert_int_eq(row_of(top, "f")->flat, INT64_MIN);
	ck_assert_int_eq(top->total, INT64_MAX);
	free(print(top, &(struct top_view){.rows = 20}));
	top_destroy(top);
	forget(profile);
}
END_TEST

START_TEST(cum_orders_by_cum_and_n_limits_the_rows)
{
	struct top *top = top_create(NULL);
	add_example(top);
	char *text = print(top, &(struct top_view){.rows = 1, .by_cum = true});
	ck_assert_ptr_nonnull(strstr(text, "Functions: 1 of 3, 10.00% of all\n"));
	ck_assert_ptr_nonnull(strstr(text, "100.00%  ##########  main\n"));
	ck_assert_ptr_null(strstr(text, "walk"));
	free(text);
	top_destroy(top);
}
END_TEST

/* The bytes that are not the first of a character do not count. */
static size_t columns_of(const char *line, size_t len)
{
	size_t columns = 0;
	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

START_TEST(lines_fit_the_width)
{
	char error[TOP_ERROR_SIZE], name[400] = "";
	for (size_t i = 0; i < 130; i++)
		strcat(name, "\xc3\xa9");
	struct pprof *p = begin("cpu");
	uint32_t id = pprof_location(p, 0, 1, pprof_function(p, name, NULL, NULL));
	add_sample(p, &id, 1, 1);
	struct finished *profile = finish(p);
	struct top *top = top_create(NULL);
	ck_assert_int_eq(top_add(top, &profile->view, error), 0);
	for (unsigned width = 69; width < 200; width++) {
		char *text = print(
			top, &(struct top_view){.rows = 5, .width = width, .unicode = width % 2});
		const char *end = text + strlen(text) - 1, *line = end;
		while (line[-1] != '\n')
			line--;
		size_t columns = columns_of(line, (size_t)(end - line));
		ck_assert_uint_eq(columns, width < 191 ? width : 191);
		ck_assert_int_eq(strstr(line, width % 2 ? "…" : "..") != NULL, width < 191);
		free(text);
	}
	top_destroy(top);
	forget(profile);
}
END_TEST

START_TEST(many_files_are_not_all_named)
{
	struct top *top = top_create(NULL);
	for (size_t i = 0; i < 5; i++)
		add_example(top);
	char *text = print(top, &(struct top_view){.rows = 1});
	ck_assert_ptr_nonnull(strstr(text, "three.pb.gz\n           and 2 more\n"));
	ck_assert_ptr_null(strstr(text, "four.pb.gz"));
	free(text);
	top_destroy(top);
}
END_TEST

START_TEST(quantities_are_scaled_by_their_unit)
{
	static const struct {
		int64_t value;
		const char *unit, *wanted;
	} cases[] = {
		{0, "nanoseconds", "0"},
		{999, "nanoseconds", "999ns"},
		{1500, "nanoseconds", "1.50us"},
		{1250, "milliseconds", "1.25s"},
		{-90, "seconds", "-1.50min"},
		{INT64_MIN, "nanoseconds", "-106751.99d"},
		{1023, "bytes", "1023B"},
		{1536, "bytes", "1.50KiB"},
		{3 << 20, "kilobytes", "3.00GiB"},
		{412, "count", "412"},
		{412, "", "412"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[QUANTITY_SIZE];
		quantity_format(text, cases[i].value, cases[i].unit);
		ck_assert_str_eq(text, cases[i].wanted);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("top");
	TCase *tcase = tcase_create("top");
	tcase_add_test(tcase, the_example_prints_the_golden_table);
	tcase_add_test(tcase, recursion_counts_cum_once_per_sample);
	tcase_add_test(tcase, profiles_are_summed);
	tcase_add_test(tcase, the_default_type_is_the_profiles_own_or_the_last);
	tcase_add_test(tcase, other_sample_types_are_refused);
	tcase_add_test(tcase, inlined_functions_share_a_location);
	tcase_add_test(tcase, sums_saturate);
	tcase_add_test(tcase, cum_orders_by_cum_and_n_limits_the_rows);
	tcase_add_test(tcase, lines_fit_the_width);
	tcase_add_test(tcase, many_files_are_not_all_named);
	tcase_add_test(tcase, quantities_are_scaled_by_their_unit);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
