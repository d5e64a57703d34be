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

/* A sheet of a mapping that its profile has at start, and the profile began at time_ns. */
static struct sheet sheet_at(struct sheet_base *base, int64_t time_ns)
{
	return (struct sheet){
		.base_count = 1, .bases = base, .time_ns = time_ns, .order = {.time_ns = time_ns}};
}

/* A sum stands where its first profile does, and one between that and its last uses the mapping. */
START_TEST(a_mapping_is_where_the_first_of_all_has_it)
{
	struct dictionary *d = dictionary_create(1 << 20, 1);
	const struct dictionary_mapping mapping = {.size = 0x1000, .flags = DICTIONARY_IS_MAPPING};
	uint32_t number = dictionary_add(d, DICTIONARY_MAPPINGS, &mapping);
	struct sheet_base bases[] = {{0x5000, number}, {0x3000, number}, {0x2000, number}};
	struct sheet_order last = {.time_ns = 5};
	struct sheet sum = sheet_at(&bases[0], 1), single = sheet_at(&bases[1], 3);
	struct sheet earlier = sheet_at(&bases[2], 2);
	struct table_budget budget = {.left = 1 << 20};
	struct merged *merged = merged_create(1 << 20, 1);
	struct tally first, second;
	char error[TALLY_ERROR_SIZE];
	sum.base_orders = sum.comment_orders = &last;
	ck_assert(tally_open(&first, d, &budget, 1) && tally_open(&second, d, &budget, 1));
	ck_assert_int_eq(tally_add(&first, &sum, error), 0);
	ck_assert_uint_eq(first.bases[0].base.start, 0x5000);
	ck_assert_int_eq(tally_add(&first, &single, error), 0);
	ck_assert_uint_eq(first.bases[0].base.start, 0x3000);
	ck_assert_int_eq(tally_add(&second, &earlier, error), 0);
	ck_assert_int_eq(merged_add(merged, &first, error), 0);
	ck_assert_uint_eq(merged->mappings[1].start, 0x3000);
	ck_assert_int_eq(merged_add(merged, &second, error), 0);
	ck_assert_uint_eq(merged->mappings[1].start, 0x2000);
	merged_destroy(merged);
	tally_close(&first);
	tally_close(&second);
	dictionary_destroy(d);
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
	tcase_add_test(test, a_mapping_is_where_the_first_of_all_has_it);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
