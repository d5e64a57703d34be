/* SPDX-License-Identifier: Apache-2.0 */
/* series_column_test.c -- which of their totals profiles are added up by. */
#include "collector/series_column.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char cpu[] = "samples/count,cpu/nanoseconds";
static const char heap[] = "inuse_space/bytes,alloc_objects/count,alloc_space/bytes";

static struct series_columns columns;

static void set_up(void)
{
	columns = (struct series_columns){.wanted = ""};
}

static void tear_down(void)
{
	series_columns_clear(&columns);
}

/* What a profile with these totals adds, and to what. */
static struct series_value value_of(const char *sample_types, size_t count, const int64_t *totals)
{
	struct store_profile profile = {.sample_types = sample_types, .total_count = count};
	struct series_value value;
	memcpy(profile.totals, totals, count * sizeof totals[0]);
	ck_assert_int_eq(series_column_value(&columns, &profile, &value), 0);
	return value;
}

static void expect(struct series_value value, int64_t total, const char *name)
{
	ck_assert(value.is_there);
	ck_assert_int_eq(value.total, total);
	ck_assert_uint_eq(value.name_size, strlen(name));
	ck_assert_mem_eq(value.name, name, value.name_size);
}

START_TEST(the_default_is_what_pprof_shows_first)
{
	expect(value_of(cpu, 2, (int64_t[]){3, 30}), 30, "cpu/nanoseconds");
	expect(value_of(heap, 3, (int64_t[]){1, 2, 3}), 1, "inuse_space/bytes");
	expect(value_of("x/y", 1, (int64_t[]){7}), 7, "x/y");
	ck_assert(!value_of("", 0, (int64_t[]){0}).is_there);
	ck_assert(!series_columns_choose_again(&columns));
}
END_TEST

START_TEST(what_is_asked_for_is_taken_and_nothing_else)
{
	columns.wanted = "alloc_space";
	expect(value_of(heap, 3, (int64_t[]){1, 2, 0}), 0, "alloc_space/bytes");
	ck_assert(!value_of(cpu, 2, (int64_t[]){3, 30}).is_there);
	ck_assert(!series_columns_choose_again(&columns));
	tear_down();
	columns.wanted = "a,b/c";
	expect(value_of("x/y,a%2Cb%2Fc/d", 2, (int64_t[]){3, 30}), 30, "a%2Cb%2Fc/d");
	ck_assert(!value_of("a/b", 1, (int64_t[]){3}).is_there);
}
END_TEST

START_TEST(zeros_give_way_to_the_last_that_is_none)
{
	expect(value_of(heap, 3, (int64_t[]){0, 2, 0}), 0, "inuse_space/bytes");
	expect(value_of(cpu, 2, (int64_t[]){0, 30}), 30, "cpu/nanoseconds");
	ck_assert(series_columns_choose_again(&columns));
	expect(value_of(heap, 3, (int64_t[]){0, 2, 0}), 2, "alloc_objects/count");
	expect(value_of(cpu, 2, (int64_t[]){0, 30}), 30, "cpu/nanoseconds");
}
END_TEST

START_TEST(zeros_of_one_profile_do_not_matter)
{
	value_of(heap, 3, (int64_t[]){0, 2, 3});
	value_of(heap, 3, (int64_t[]){-1, 2, 3});
	ck_assert(!series_columns_choose_again(&columns));
	value_of(cpu, 2, (int64_t[]){0, 0});
	ck_assert(!series_columns_choose_again(&columns));
}
END_TEST

START_TEST(all_names_are_listed_once)
{
	struct text text = {0};
	value_of(heap, 3, (int64_t[]){1, 2, 3});
	value_of(cpu, 2, (int64_t[]){1, 2});
	value_of("cpu/seconds,a%2Cb/c", 2, (int64_t[]){1, 2});
	value_of("", 0, (int64_t[]){0});
	ck_assert_int_eq(series_columns_list(&columns, &text), 0);
	ck_assert_str_eq(text.at, "a,b, alloc_objects, alloc_space, cpu, inuse_space, samples");
	text_clear(&text);
}
END_TEST

START_TEST(too_many_are_refused)
{
	char name[32];
	int error = 0, count = 0;
	for (; !error && count <= SERIES_COLUMN_LISTS; count++) {
		struct series_value value;
		struct store_profile profile = {.sample_types = name, .total_count = 1};
		snprintf(name, sizeof name, "n%d/count", (count * 7919) % 10007);
		error = series_column_value(&columns, &profile, &value);
	}
	ck_assert_int_eq(error, -E2BIG);
	ck_assert_int_eq(count, SERIES_COLUMN_LISTS + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("series_column");
	TCase *test = tcase_create("series_column");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, the_default_is_what_pprof_shows_first);
	tcase_add_test(test, what_is_asked_for_is_taken_and_nothing_else);
	tcase_add_test(test, zeros_give_way_to_the_last_that_is_none);
	tcase_add_test(test, zeros_of_one_profile_do_not_matter);
	tcase_add_test(test, all_names_are_listed_once);
	tcase_add_test(test, too_many_are_refused);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
