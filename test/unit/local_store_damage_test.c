/* SPDX-License-Identifier: Apache-2.0 */
/* local_store_damage_test.c -- what was acknowledged is there, whatever happened meanwhile. */
#include "test/unit/storing.h"
#include "test/unit/suite.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- damage -------------------------------------------------------------------------------- */

/* With two rules, so that the order in the segments is not that of the coming. */
START_TEST(a_lost_index_is_made_again)
{
	char ids[10][STORE_ID_SIZE], path[512];
	const char *bad;
	close_store();
	ck_assert_int_eq(retention_parse_rules(&options.retention, "heap=1d", &bad), 0);
	open_store();
	for (uint32_t i = 0; i < 10; i++)
		put(i + 1, ids[i]);
	close_store();
	find_file(path, "index.sqlite");
	ck_assert_int_eq(unlink(path), 0);
	open_store();
	for (uint32_t i = 0; i < 10; i++)
		body_is(ids[i], i + 1, 1000);
	ck_assert_int_eq(find("cpu", "zone=x", 0, INT64_MAX).sum, 3 + 9);
	put(11, ids[0]);
	body_is(ids[0], 11, 1000);
	ck_assert_uint_eq(count_all(), 11);
}
END_TEST

START_TEST(a_damaged_index_is_made_again)
{
	char id[STORE_ID_SIZE], path[512];
	put(5, id);
	close_store();
	find_file(path, "index.sqlite");
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "this is no database any more", 28, 0), 28);
	close(fd);
	open_store();
	body_is(id, 5, 1000);
}
END_TEST

START_TEST(a_damaged_record_costs_only_itself_when_the_index_is_lost_too)
{
	char ids[5][STORE_ID_SIZE], path[512];
	struct store_figures figures;
	for (uint32_t i = 0; i < 5; i++)
		put(i + 1, ids[i]);
	close_store();
	find_file(path, "index.sqlite");
	ck_assert_int_eq(unlink(path), 0);
	find_file(path, "000001.seg");
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "x", 1, 1900), 1); /* in the second one */
	close(fd);
	open_store();
	ck_assert_int_eq(read_error(ids[1]), -ENOENT);
	for (uint32_t i = 0; i < 5; i++)
		if (i != 1)
			body_is(ids[i], i + 1, 1000);
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.profiles, 4);
	ck_assert_uint_eq(figures.damaged, 1);
}
END_TEST

START_TEST(a_torn_tail_is_cut_and_whole_records_are_kept)
{
	char id[STORE_ID_SIZE], path[512];
	struct stat before, after;
	put(1, id);
	close_store();
	find_file(path, "000001.seg");
	ck_assert_int_eq(stat(path, &before), 0);
	int fd = open(path, O_WRONLY | O_APPEND);
	ck_assert_int_eq(write(fd, "\xc0\x9fR1 half a record", 18), 18);
	close(fd);
	open_store();
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	body_is(id, 1, 1000);
	ck_assert_uint_eq(count_all(), 1);
}
END_TEST

START_TEST(what_a_short_segment_has_lost_is_forgotten_and_counted)
{
	char ids[3][STORE_ID_SIZE], path[512];
	struct store_figures figures;
	struct stat status;
	for (uint32_t i = 0; i < 3; i++)
		put(i + 1, ids[i]);
	close_store();
	find_file(path, "000001.seg");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(truncate(path, status.st_size - 1), 0);
	open_store();
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.damaged, 1);
	ck_assert_uint_eq(figures.profiles, 2);
	ck_assert_uint_eq(count_all(), 2);
	body_is(ids[1], 2, 1000);
	ck_assert_int_eq(read_error(ids[2]), -ENOENT);
}
END_TEST

START_TEST(a_damaged_record_is_refused_and_counted)
{
	char ids[2][STORE_ID_SIZE], path[512];
	struct store_figures figures;
	put(1, ids[0]);
	put(2, ids[1]);
	find_file(path, "000001.seg");
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "x", 1, 600), 1);
	close(fd);
	ck_assert_int_eq(read_error(ids[0]), -EBADMSG);
	body_is(ids[1], 2, 1000);
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.damaged, 1);
}
END_TEST

/* ---- a killed writer ----------------------------------------------------------------------- */

/* In a process of its own: stores for ever, and writes each number once it is acknowledged. */
static void store_until_killed(int acknowledged)
{
	store = NULL;
	open_store();
	for (uint32_t number = 1;; number++) {
		uint8_t body[3000];
		struct store_put one = make(number, body, sizeof body);
		if (put_all(&one, 1) || write(acknowledged, &number, sizeof number) < 0)
			_exit(1);
	}
}

START_TEST(what_was_acknowledged_survives_kill_9)
{
	uint32_t number, last = 0;
	int ends[2];
	close_store();
	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		store_until_killed(ends[1]);
	close(ends[1]);
	while (last < 40 + 17 * (uint32_t)_i &&
	       read(ends[0], &number, sizeof number) == sizeof number)
		last = number;
	kill(child, SIGKILL);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		last = number;
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	open_store();
	struct found found = find(NULL, "", 1, last);
	ck_assert_uint_eq(found.count, last);
	ck_assert_uint_le(count_all(), last + 1); /* stored, but not yet acknowledged */
	struct found newest = find(NULL, "", last, last);
	body_is(newest.id, last, 3000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("local_store_damage");
	TCase *test = tcase_create("local_store_damage");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, a_lost_index_is_made_again);
	tcase_add_test(test, a_damaged_index_is_made_again);
	tcase_add_test(test, a_damaged_record_costs_only_itself_when_the_index_is_lost_too);
	tcase_add_test(test, a_torn_tail_is_cut_and_whole_records_are_kept);
	tcase_add_test(test, what_a_short_segment_has_lost_is_forgotten_and_counted);
	tcase_add_test(test, a_damaged_record_is_refused_and_counted);
	tcase_add_loop_test(test, what_was_acknowledged_survives_kill_9, 0, 5);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
