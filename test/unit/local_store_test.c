/* SPDX-License-Identifier: Apache-2.0 */
/* local_store_test.c -- profiles are kept, found, and dropped in time. */
#include "test/unit/storing.h"
#include "test/unit/suite.h"

#include <sys/stat.h>

START_TEST(profiles_are_found_by_all_that_is_known_of_them)
{
	for (uint32_t i = 1; i <= 12; i++)
		put(i, NULL);
	ck_assert_uint_eq(count_all(), 12);
	ck_assert_int_eq(find("cpu", "", 0, INT64_MAX).sum, 1 + 3 + 5 + 7 + 9 + 11);
	ck_assert_int_eq(find(NULL, "zone=x", 0, INT64_MAX).sum, 3 + 6 + 9 + 12);
	ck_assert_int_eq(find("cpu", "host=b", 3, 9).sum, 3 + 9);
	ck_assert_uint_eq(find("cpu", "host=c", 0, INT64_MAX).count, 0);
	ck_assert_uint_eq(find("wall", "", 0, INT64_MAX).count, 0);
}
END_TEST

START_TEST(bodies_come_back_after_a_restart)
{
	char ids[20][STORE_ID_SIZE];
	for (uint32_t i = 0; i < 20; i++)
		put(i + 1, ids[i]);
	close_store();
	open_store();
	for (uint32_t i = 0; i < 20; i++)
		body_is(ids[i], i + 1, 1000);
	put(21, ids[0]);
	body_is(ids[0], 21, 1000);
	ck_assert_uint_eq(count_all(), 21);
}
END_TEST

START_TEST(an_id_that_nobody_has_is_not_found)
{
	static const char *const ids[] = {"",
					  "x",
					  "20000101-00000001",
					  "20000101",
					  "../../../etc/passwd",
					  "20000101-zz",
					  "20000101-ffffffffffffffffff"};
	char id[STORE_ID_SIZE];
	put(1, id);
	id[strlen(id) - 1] = '2';
	ck_assert_int_eq(read_error(id), -ENOENT);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		ck_assert_int_eq(read_error(ids[i]), -ENOENT);
}
END_TEST

START_TEST(a_repeated_upload_is_stored_once)
{
	char first[STORE_ID_SIZE];
	uint8_t body[2][100];
	put(7, first);
	struct store_put twice[] = {make(7, body[0], 100), make(8, body[1], 100)};
	struct store_put again[] = {make(9, body[0], 100), make(9, body[0], 100)};
	ck_assert_int_eq(put_all(twice, 2), 0);
	ck_assert(twice[0].is_known);
	ck_assert_str_eq(twice[0].profile.id, first);
	ck_assert(!twice[1].is_known);
	ck_assert_int_eq(put_all(again, 2), 0);
	ck_assert(!again[0].is_known && again[1].is_known);
	ck_assert_str_eq(again[0].profile.id, again[1].profile.id);
	ck_assert_uint_eq(count_all(), 3);
	close_store();
	open_store();
	struct store_put later = make(7, body[0], 100);
	ck_assert_int_eq(put_all(&later, 1), 0);
	ck_assert(later.is_known);
}
END_TEST

START_TEST(a_directory_has_one_writer)
{
	struct store *other;
	ck_assert_int_eq(local_store_open(&options, &other), -EWOULDBLOCK);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	static uint8_t body[1 << 19];
	struct store_put puts[8];
	struct waiting waiting[8] = {0};
	size_t refused = 0;
	for (uint32_t i = 0; i < 8; i++) {
		puts[i] = make(i + 1, body, sizeof body);
		waiting[i].batch = (struct store_batch){
			.puts = &puts[i], .count = 1, .done = note_end, .context = &waiting[i]};
	}
	for (size_t i = 0; i < 8; i++) {
		int error = store->engine->put(store, &waiting[i].batch);
		ck_assert(!error || error == -EBUSY);
		waiting[i].is_done = error;
		refused += error == -EBUSY;
	}
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < 8; i++)
		while (!waiting[i].is_done)
			pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	ck_assert_uint_eq(count_all(), 8 - refused);
}
END_TEST

/* ---- retention ----------------------------------------------------------------------------- */

static uint64_t dropped(void)
{
	struct store_figures figures;
	store->engine->figures(store, &figures);
	return figures.dropped_profiles;
}

START_TEST(what_is_too_old_is_not_seen_and_then_gone)
{
	char id[STORE_ID_SIZE], path[512];
	close_store();
	options.sweep_ms = 20;
	ck_assert_ptr_eq(strcpy(path, "cpu=1ms"), path);
	const char *bad;
	ck_assert_int_eq(retention_parse_rules(&options.retention, path, &bad), 0);
	open_store();
	put(1, id);
	put(2, NULL);
	while (!dropped())
		usleep(5000);
	ck_assert_int_eq(read_error(id), -ENOENT);
	ck_assert_uint_eq(count_all(), 1);
	ck_assert_uint_eq(find("heap", "", 0, INT64_MAX).count, 1);
	find_file(path, "000001.seg");
	ck_assert_int_eq(access(path, F_OK), -1);
	find_file(path, "000002.seg");
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(the_oldest_goes_when_there_is_too_much)
{
	static uint8_t body[100000];
	struct store_figures figures;
	close_store();
	options.sweep_ms = 10;
	options.retention.max_bytes = 2 << 20;
	open_store();
	for (uint32_t i = 1; i <= 60; i++) {
		struct store_put one = make(i, body, sizeof body);
		ck_assert_int_eq(put_all(&one, 1), 0);
	}
	do {
		usleep(10000);
		store->engine->figures(store, &figures);
	} while (figures.bytes > options.retention.max_bytes);
	ck_assert_uint_gt(figures.profiles, 5);
	ck_assert_uint_eq(figures.profiles + figures.dropped_profiles, 60);
	ck_assert_uint_eq(count_all(), figures.profiles);
	struct found newest = find(NULL, "", 60, 60);
	ck_assert_uint_eq(newest.count, 1);
	body_is(newest.id, 60, sizeof body);
	ck_assert_uint_eq(find(NULL, "", 1, 1).count, 0);
}
END_TEST

/* A day that is over: the partition of today under yesterday's name. */
START_TEST(a_day_that_is_over_goes_as_a_whole)
{
	char path[512], old[512];
	struct stat status;
	put(1, NULL);
	close_store();
	find_file(path, "");
	snprintf(old, sizeof old, "%s/20200101", directory);
	ck_assert_int_eq(rename(path, old), 0);
	options.sweep_ms = 10;
	open_store();
	ck_assert_uint_eq(count_all(), 1);
	struct retention retention = {.keep_ms = 1};
	local_store_set_retention(store, &retention);
	while (!stat(old, &status))
		usleep(5000);
	ck_assert_uint_eq(dropped(), 1);
	ck_assert_uint_eq(count_all(), 0);
}
END_TEST

static void make_file(const char *place, const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, place);
	ck_assert(!mkdir(path, 0700) || errno == EEXIST);
	snprintf(path, sizeof path, "%s/%s/%s", directory, place, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void file_is_there(const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	ck_assert_msg(access(path, F_OK) == 0, "%s is gone", path);
}

/* Days of somebody else, and files of theirs in a day of ours. */
START_TEST(retention_removes_only_what_is_its_own)
{
	char path[512], old[512];
	snprintf(old, sizeof old, "%s/20200101", directory);
	put(1, NULL);
	close_store();
	find_file(path, "");
	ck_assert_int_eq(rename(path, old), 0);
	make_file("20200101", "theirs");
	make_file("19990101", "dump");
	make_file("20191231", "dump");
	make_file("20209999", "dump");
	options.sweep_ms = 10;
	options.retention.keep_ms = 1;
	open_store();
	snprintf(path, sizeof path, "%s/20200101/index.sqlite", directory);
	while (access(path, F_OK) == 0)
		usleep(5000);
	close_store();
	file_is_there("20200101/theirs");
	file_is_there("19990101/dump");
	file_is_there("20191231/dump");
	file_is_there("20209999/dump");
}
END_TEST

/* But for what a new file system has, and partitions. */
START_TEST(a_directory_that_holds_other_things_is_refused)
{
	char path[512];
	snprintf(path, sizeof path, "%s/lock", directory);
	put(1, NULL);
	close_store();
	ck_assert_int_eq(unlink(path), 0);
	make_file("lost+found", "inode");
	make_file(".snapshot", "x");
	open_store();
	ck_assert_uint_eq(count_all(), 1);
	close_store();
	ck_assert_int_eq(unlink(path), 0);
	make_file("20200101", "dump");
	ck_assert_int_eq(local_store_open(&options, &store), -ENOTEMPTY);
	ck_assert_int_ne(access(path, F_OK), 0);
	file_is_there("20200101/dump");
	store = NULL;
}
END_TEST

START_TEST(blanks_around_a_retention_rule_are_none_of_its)
{
	struct retention retention = {.keep_ms = 1};
	const char *bad;
	ck_assert_int_eq(retention_parse_rules(&retention, " foo/cpu=1s , * =30d, ", &bad), 0);
	ck_assert_uint_eq(retention.rule_count, 2);
	ck_assert_str_eq(retention_rule(&retention, "foo", "cpu"), "foo/cpu");
	ck_assert_str_eq(retention_rule(&retention, "bar", "heap"), "*");
	ck_assert_uint_eq(retention_keep_ms(&retention, "*"), 30ull * 86400 * 1000);
	ck_assert_int_eq(retention_parse_rules(&retention, "foo= 1s", &bad), -EINVAL);
}
END_TEST

/* Reading by id included: what is another tenant's is not there. */
START_TEST(a_tenant_sees_its_own_only)
{
	char mine[STORE_ID_SIZE], theirs[STORE_ID_SIZE];
	struct tenant *tenant;
	struct store_body body;
	struct found found = {0};
	ck_assert_int_eq(tenant_parse(&tenant, "service=sh*,host=a"), 0);
	const struct store_query query = {.tenant = tenant, .to_ns = INT64_MAX};
	put(1, mine);
	put(3, theirs); /* of host b */
	ck_assert_int_eq(store->engine->find(store, &query, note_found, &found), 0);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_str_eq(found.id, mine);
	struct store_wanted wanted = {mine, tenant, STORE_UPLOADED};
	ck_assert_int_eq(store->engine->read(store, &wanted, &body), 0);
	store->engine->release(store, &body);
	wanted.id = theirs;
	ck_assert_int_eq(store->engine->read(store, &wanted, &body), -ENOENT);
	body_is(theirs, 3, 1000);
	tenant_release(tenant);
}
END_TEST

static bool nobody_waits(void *asker)
{
	return asker == NULL;
}

START_TEST(a_query_ends_when_nobody_waits)
{
	struct found found = {0};
	const struct store_query query = {.to_ns = INT64_MAX, .is_over = nobody_waits};
	struct selector selector;
	char error[SELECTOR_ERROR_SIZE];
	const struct store_query costly = {.to_ns = INT64_MAX, .selector = &selector};
	static struct store_put puts[1024];
	static uint8_t bodies[1024][8];
	for (uint32_t i = 0; i < 1024; i++) {
		puts[i] = make(i + 1, bodies[i], sizeof bodies[i]);
		puts[i].profile.labels = "";
		puts[i].profile.type = "cpu";
	}
	ck_assert_int_eq(put_all(puts, 1024), 0);
	ck_assert_int_eq(store->engine->find(store, &query, note_found, &found), -ECANCELED);
	ck_assert_uint_lt(found.count, 1024);
	ck_assert_int_eq(selector_parse(&selector, "service=~\"s.*\"", error), 0);
	selector.budget = 1;
	ck_assert_int_eq(store->engine->find(store, &costly, note_found, &found), -ETIME);
	selector_clear(&selector);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("local_store");
	TCase *test = tcase_create("local_store");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, profiles_are_found_by_all_that_is_known_of_them);
	tcase_add_test(test, bodies_come_back_after_a_restart);
	tcase_add_test(test, an_id_that_nobody_has_is_not_found);
	tcase_add_test(test, a_repeated_upload_is_stored_once);
	tcase_add_test(test, a_directory_has_one_writer);
	tcase_add_test(test, a_full_queue_refuses);
	tcase_add_test(test, what_is_too_old_is_not_seen_and_then_gone);
	tcase_add_test(test, the_oldest_goes_when_there_is_too_much);
	tcase_add_test(test, a_day_that_is_over_goes_as_a_whole);
	tcase_add_test(test, retention_removes_only_what_is_its_own);
	tcase_add_test(test, a_directory_that_holds_other_things_is_refused);
	tcase_add_test(test, blanks_around_a_retention_rule_are_none_of_its);
	tcase_add_test(test, a_tenant_sees_its_own_only);
	tcase_add_test(test, a_query_ends_when_nobody_waits);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
