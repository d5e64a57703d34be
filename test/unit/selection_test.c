/* SPDX-License-Identifier: Apache-2.0 */
/* selection_test.c -- the newest of many, and never too many. */
#include "collector/selection.h"
#include "collector/name_set.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1000, TEXT = 2890 /* digits of 0 to 999 */ };

/* A store of profiles with the times 0 to 999, shown in disorder. */
static int find(struct store *store, const struct store_query *query,
		int (*visit)(void *, const struct store_profile *), void *context)
{
	(void)store;
	(void)query;
	int error = 0;
	for (int i = 0; i < COUNT && !error; i++) {
		struct store_profile profile = {.time_ns = i * 389 % COUNT};
		snprintf(profile.id, sizeof profile.id, "%d", i);
		error = visit(context, &profile);
	}
	return error;
}

static const struct store_engine engine = {.find = find};
static struct store store = {.engine = &engine};
static const struct store_query query;

static char *describe(const struct store_profile *profile)
{
	char *text;
	return asprintf(&text, "%lld", (long long)profile->time_ns) < 0 ? NULL : text;
}

START_TEST(all_come_oldest_first)
{
	struct selection selection = {.most = COUNT, .describe = describe, .text_max = TEXT};
	ck_assert_int_eq(selection_find(&selection, &store, &query), 0);
	ck_assert_uint_eq(selection.count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(selection.at[i].time_ns, i);
		ck_assert_int_eq(atoi(selection.at[i].text), i);
	}
	selection_clear(&selection);
}
END_TEST

START_TEST(a_limit_keeps_the_newest)
{
	static const size_t limits[] = {1, 2, 3, 10, 499, 500, 999, 1000, 5000};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct selection selection = {
			.newest = limits[i], .most = 1, .describe = describe, .text_max = TEXT};
		size_t wanted = limits[i] < COUNT ? limits[i] : COUNT;
		ck_assert_int_eq(selection_find(&selection, &store, &query), 0);
		ck_assert_uint_eq(selection.count, wanted);
		for (size_t j = 0; j < wanted; j++)
			ck_assert_int_eq(selection.at[j].time_ns, (int64_t)(COUNT - wanted + j));
		selection_clear(&selection);
	}
}
END_TEST

START_TEST(too_many_are_told)
{
	struct selection selection = {.most = COUNT - 1};
	ck_assert_int_eq(selection_find(&selection, &store, &query), -E2BIG);
	ck_assert(selection.too_many);
	selection_clear(&selection);
}
END_TEST

START_TEST(too_much_text_is_told)
{
	struct selection selection = {.most = COUNT, .describe = describe, .text_max = TEXT - 1};
	ck_assert_int_eq(selection_find(&selection, &store, &query), -E2BIG);
	ck_assert(selection.too_many);
	selection_clear(&selection);
}
END_TEST

START_TEST(names_are_sorted_and_once)
{
	struct name_set set = {0};
	struct text text = {0};
	size_t place, len;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(name_set_add(&set, "m", &place), 0);
		ck_assert_uint_eq(place, (size_t)i);
		ck_assert_int_eq(name_set_add(&set, "z\"", &place), 0);
		ck_assert_int_eq(name_set_add(&set, "a", &place), 0);
		ck_assert_uint_eq(place, 0);
	}
	name_set_json(&text, &set);
	char *json = text_take(&text, &len);
	ck_assert_str_eq(json, "[\"a\",\"m\",\"z\\\"\"]");
	free(json);
	name_set_clear(&set);
}
END_TEST

START_TEST(json_strings_are_well_formed)
{
	struct text text = {0};
	size_t len;
	text_json(&text, "a\"\\\n\x7f\xc3\xa9\xff\xe2\x82");
	char *json = text_take(&text, &len);
	ck_assert_str_eq(json, "\"a\\\"\\\\\\u000a\x7f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\"");
	ck_assert_uint_eq(len, strlen(json));
	free(json);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("selection");
	TCase *test = tcase_create("selection");
	tcase_add_test(test, all_come_oldest_first);
	tcase_add_test(test, a_limit_keeps_the_newest);
	tcase_add_test(test, too_many_are_told);
	tcase_add_test(test, too_much_text_is_told);
	tcase_add_test(test, names_are_sorted_and_once);
	tcase_add_test(test, json_strings_are_well_formed);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
