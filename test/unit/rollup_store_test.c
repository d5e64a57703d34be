/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_store_test.c -- rollups live through what happens to a store, and never outlive their
 * profiles. */
#include "test/unit/rolling.h"
#include "test/unit/suite.h"

#include "collector/partition.h"

#include <signal.h>
#include <sys/wait.h>

START_TEST(rollups_stay_after_a_restart)
{
	struct store_figures before, after;
	put_some(0, 1);
	wait_for(ALL);
	store->engine->figures(store, &before);
	close_store();
	open_store();
	wait_for(ALL);
	ck_assert_uint_eq(records_of_all(), ALL);
	store->engine->figures(store, &after);
	ck_assert_uint_eq(after.rollups, before.rollups);
	ck_assert_uint_eq(after.rollup_bytes, before.rollup_bytes);
}
END_TEST

START_TEST(rollups_are_made_again_when_the_index_is_lost)
{
	struct store_figures before, after;
	char path[512];
	put_some(0, 1);
	wait_for(ALL);
	store->engine->figures(store, &before);
	close_store();
	find_file(path, "index.sqlite");
	ck_assert_int_eq(unlink(path), 0);
	open_store();
	wait_for(ALL);
	ck_assert_uint_eq(records_of_all(), ALL);
	store->engine->figures(store, &after);
	ck_assert_uint_eq(after.rollups, before.rollups);
	ck_assert_uint_eq(after.profiles, FIRST);
	ck_assert_uint_eq(after.damaged, 0);
}
END_TEST

static struct partition *open_day(void)
{
	char path[512];
	find_file(path, "");
	path[strlen(path) - 1] = '\0';
	struct partition *day = partition_open(directory, strrchr(path, '/') + 1);
	ck_assert_ptr_nonnull(day);
	return day;
}

/* The number of the n-th segment of this kind; 0: there is none. */
static uint32_t segment_of(struct partition *day, enum partition_kind kind, size_t n)
{
	size_t count;
	struct partition_segment *segments = partition_segments(day, &count);
	uint32_t number = 0;
	for (size_t i = 0; i < count && !number; i++)
		if (segments[i].kind == (int)kind && n-- == 0)
			number = segments[i].number;
	free(segments);
	return number;
}

START_TEST(no_rollup_shows_what_retention_has_dropped)
{
	uint64_t gone;
	put_some(0, 2);
	wait_for(ALL);
	close_store();
	open_store();
	put_some(1, 2); /* into other segments */
	wait_for(ALL);
	close_store();
	struct partition *day = open_day();
	ck_assert_int_eq(partition_drop_segment(day, segment_of(day, PARTITION_UPLOADED, 0), &gone),
			 0);
	ck_assert_uint_eq(gone, 0);
	ck_assert_uint_gt(day->rollups, 0);
	ck_assert_int_eq(partition_drop_segment(day, segment_of(day, PARTITION_COMPACT, 0), &gone),
			 0);
	ck_assert_uint_eq(gone, FIRST / 2);
	ck_assert_uint_eq(day->rollups, 0);
	partition_release(day);
	open_store();
	ck_assert_uint_eq(records_of_all(), FIRST / 2);
}
END_TEST

START_TEST(no_rollup_shows_what_is_kept_no_longer)
{
	struct retention retention = {.keep_ms = 1000};
	put_many(0, 1, HOSTS, HOUR); /* one of each host, in the first hour */
	wait_for(ALL);
	retention.keep_ms = HOUR / 2 / 1000000;
	local_store_set_retention(store, &retention);
	ck_assert_uint_gt(records_of_all(), ALL);
	ck_assert_uint_eq(records_between(START + HOUR, INT64_MAX, ""), ALL - HOSTS);
}
END_TEST

START_TEST(a_rollup_that_is_made_of_what_was_dropped_is_not_stored)
{
	uint64_t gone;
	put_some(0, 1);
	wait_for(ALL);
	close_store();
	struct partition *day = open_day();
	struct partition_rollups rollups = {.is_complete = true, .drops = day->drops};
	ck_assert_int_eq(partition_put_rollups(day, &rollups, SEGMENT_SIZE), 0);
	ck_assert_int_eq(partition_drop_segment(day, segment_of(day, PARTITION_UPLOADED, 0), &gone),
			 0);
	ck_assert_int_eq(partition_put_rollups(day, &rollups, SEGMENT_SIZE), -ESTALE);
	partition_release(day);
}
END_TEST

START_TEST(a_damaged_rollup_is_no_loss)
{
	char path[512], name[SEGMENT_NAME_SIZE], garbage[64];
	put_some(0, 1);
	wait_for(ALL);
	close_store();
	struct partition *day = open_day();
	segment_name(name, segment_of(day, PARTITION_SUM, 0));
	partition_release(day);
	find_file(path, name);
	int fd = open(path, O_WRONLY);
	memset(garbage, 'x', sizeof garbage);
	for (off_t at = 100; pwrite(fd, garbage, sizeof garbage, at) > 0 && at < 20000; at += 200)
		continue;
	close(fd);
	open_store();
	ck_assert_uint_eq(records_of_all(), ALL); /* that is, both said the same */
}
END_TEST

START_TEST(a_lost_segment_of_rollups_is_no_loss)
{
	char path[512], name[SEGMENT_NAME_SIZE];
	struct store_figures figures;
	put_some(0, 1);
	wait_for(ALL);
	close_store();
	struct partition *day = open_day();
	segment_name(name, segment_of(day, PARTITION_SUM, 0));
	partition_release(day);
	find_file(path, name);
	ck_assert_int_eq(truncate(path, 1000), 0);
	open_store();
	records_of_all();
	close_store();
	ck_assert_int_eq(unlink(path), 0);
	open_store();
	ck_assert_uint_eq(records_of_all(), FIRST);
	store->engine->figures(store, &figures);
	ck_assert_uint_eq(figures.rollups, 0);
	ck_assert_uint_eq(figures.profiles, FIRST);
	ck_assert_uint_eq(figures.damaged, 0);
}
END_TEST

START_TEST(no_id_of_a_profile_is_that_of_a_rollup)
{
	static const char *const ids[] = {
		"", "-", "20000101-1-1", "20000101-00000001", "x-00000001-1", "20000101-00000001-"};
	struct store_body body;
	char id[STORE_ID_SIZE];
	struct store_wanted wanted = {.id = id, .form = STORE_SUM};
	put(1, id);
	ck_assert_int_eq(store->engine->read(store, &wanted, &body), -ENOENT);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		wanted.id = ids[i];
		ck_assert_int_eq(store->engine->read(store, &wanted, &body), -ENOENT);
	}
	strcat(id, "-1");
	ck_assert_int_eq(read_error(id), -ENOENT);
}
END_TEST

static int note_sum(void *context, const struct store_record *record)
{
	if (record->is_sum)
		memcpy(context, record->id, STORE_ID_SIZE);
	return 0;
}

START_TEST(a_tenant_has_the_rollups_of_its_series_alone)
{
	struct tenant *mine, *other;
	struct store_body body;
	char id[STORE_ID_SIZE] = "";
	size_t count = 0;
	ck_assert_int_eq(tenant_parse(&mine, "service=shop,host=1"), 0);
	ck_assert_int_eq(tenant_parse(&other, "service=shop,host=2"), 0);
	const struct store_query query = {.tenant = mine, .to_ns = INT64_MAX};
	put_some(0, 1);
	wait_for(ALL);
	ck_assert_int_eq(store->engine->cover(store, &query, count_record, &count), 0);
	ck_assert_uint_eq(count, HOURS);
	ck_assert_int_eq(store->engine->cover(store, &query, note_sum, id), 0);
	struct store_wanted wanted = {id, mine, STORE_SUM};
	ck_assert_int_eq(store->engine->read(store, &wanted, &body), 0);
	store->engine->release(store, &body);
	wanted.tenant = other;
	ck_assert_int_eq(store->engine->read(store, &wanted, &body), -ENOENT);
	tenant_release(mine);
	tenant_release(other);
}
END_TEST

/* In a process of its own: stores for ever, while rollups are made. */
static void store_until_killed(int acknowledged)
{
	store = NULL;
	open_store();
	for (uint32_t n = 0;; n++) {
		put_at(n, time_of(n % FIRST) + n, time_of(n % FIRST) + n);
		if (write(acknowledged, &n, sizeof n) < 0)
			_exit(1);
	}
}

START_TEST(rollups_survive_kill_9)
{
	uint32_t n = 0;
	int ends[2];
	close_store();
	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		store_until_killed(ends[1]);
	close(ends[1]);
	while (n < 400 + 331 * (uint32_t)_i && read(ends[0], &n, sizeof n) == sizeof n)
		continue;
	kill(child, SIGKILL);
	while (read(ends[0], &n, sizeof n) == sizeof n)
		continue;
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	open_store();
	records_of_all();
	struct store_figures figures;
	do {
		usleep(10000);
		store->engine->figures(store, &figures);
	} while (figures.compact_profiles < figures.profiles);
	ck_assert_uint_ge(figures.profiles, n + 1);
	ck_assert_uint_eq(figures.damaged, 0);
	records_of_all();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rollup_store");
	TCase *test = tcase_create("rollup_store");
	tcase_add_checked_fixture(test, set_up_rollups, tear_down);
	tcase_add_test(test, rollups_stay_after_a_restart);
	tcase_add_test(test, rollups_are_made_again_when_the_index_is_lost);
	tcase_add_test(test, no_rollup_shows_what_retention_has_dropped);
	tcase_add_test(test, no_rollup_shows_what_is_kept_no_longer);
	tcase_add_test(test, a_rollup_that_is_made_of_what_was_dropped_is_not_stored);
	tcase_add_test(test, a_damaged_rollup_is_no_loss);
	tcase_add_test(test, a_lost_segment_of_rollups_is_no_loss);
	tcase_add_test(test, no_id_of_a_profile_is_that_of_a_rollup);
	tcase_add_test(test, a_tenant_has_the_rollups_of_its_series_alone);
	tcase_add_loop_test(test, rollups_survive_kill_9, 0, 5);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
