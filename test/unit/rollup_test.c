/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_test.c -- a merge that reads rollups says just what one without them says. */
#include "test/unit/rolling.h"
#include "test/unit/suite.h"

START_TEST(a_merge_by_rollups_is_that_of_the_profiles)
{
	struct store_figures figures;
	put_some(0, 1);
	wait_for(ALL);
	ck_assert_uint_eq(records_of_all(), ALL);
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.profiles, FIRST);
	ck_assert_uint_ge(figures.rollups, ALL);
	ck_assert_uint_gt(figures.rollup_bytes, 0);
}
END_TEST

START_TEST(a_rollup_is_used_only_when_its_window_is_wanted_as_a_whole)
{
	put_some(0, 1);
	wait_for(ALL);
	ck_assert_uint_eq(records_between(START, START + HOUR - 1, ""), HOSTS);
	ck_assert_uint_gt(records_between(START + 1, START + HOUR - 1, ""), HOSTS);
	ck_assert_uint_gt(records_between(START, START + HOUR - 2, ""), HOSTS);
	for (int64_t minutes = 1; minutes < 100; minutes += 7)
		records_between(START + minutes * 60 * MOMENT_SECOND,
				START + 2 * HOUR + minutes * 29 * MOMENT_SECOND, "");
}
END_TEST

START_TEST(rollups_are_of_one_series)
{
	put_some(0, 1);
	wait_for(ALL);
	ck_assert_uint_eq(records_between(START, START + HOURS * HOUR, "host=1"), HOURS);
	ck_assert_uint_eq(records_between(START, START + HOURS * HOUR, "host=9"), 0);
}
END_TEST

START_TEST(what_comes_late_is_read_beside_the_rollup)
{
	put_some(0, 2);
	wait_for(ALL);
	for (uint32_t i = 0; i < 3; i++)
		put_at(6 * i + 1, time_of(6 * i + 1), time_of(6 * i + 1));
	wait_for(ALL + 3);
	ck_assert_uint_eq(records_of_all(), ALL + 3);
}
END_TEST

START_TEST(a_rollup_is_made_anew_when_much_comes_late)
{
	put_some(0, 2);
	wait_for(ALL);
	put_some(1, 2);
	wait_for(ALL);
	ck_assert_uint_eq(records_of_all(), ALL);
}
END_TEST

START_TEST(profiles_without_a_time_have_no_rollup)
{
	put_some(0, 1);
	for (uint32_t i = 0; i < 6; i++)
		put_at(FIRST + i * HOSTS, START + HOURS * HOUR + i, 0);
	wait_for(ALL + 6);
	/* In the middle of the others they count by their place, which only those one by one tell.
	 */
	put_at(FIRST + 100 * HOSTS, START + HOUR / 2, 0);
	wait_for(ALL + 7);
	records_of_all();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rollup");
	TCase *test = tcase_create("rollup");
	tcase_add_checked_fixture(test, set_up_rollups, tear_down);
	tcase_add_test(test, a_merge_by_rollups_is_that_of_the_profiles);
	tcase_add_test(test, a_rollup_is_used_only_when_its_window_is_wanted_as_a_whole);
	tcase_add_test(test, rollups_are_of_one_series);
	tcase_add_test(test, what_comes_late_is_read_beside_the_rollup);
	tcase_add_test(test, a_rollup_is_made_anew_when_much_comes_late);
	tcase_add_test(test, profiles_without_a_time_have_no_rollup);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
