/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_spool_test.c -- what cannot be sent is kept, and sent later to whom it has not reached.
 */
#include "test/unit/delivering.h"
#include "test/unit/suite.h"

#include <fcntl.h>
#include <sys/stat.h>

static const char busy_answer[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

static char spool_path[64];

START_TEST(what_the_exit_spooled_is_sent_by_the_next_process)
{
	make_directory(spool_path);
	server_start(&server, SERVER_CLOSES, busy_answer);
	struct delivery *delivery = make(server_url(), spool_path);
	for (uint64_t i = 0; i < 3; i++)
		delivery_add(delivery, make_parcel(i, 1000));
	let_pass(delivery, 1, 250);
	delivery_finish(delivery, 1, 50);
	ck_assert_uint_eq(delivery_stats(delivery)->spooled, 3);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_exit, 0);
	delivery_destroy(delivery);
	ck_assert_uint_eq(files_in(spool_path), 3);
	server_stop(&server);

	server_start(&server, SERVER_ANSWERS, ok_answer); /* its address is another */
	delivery = make(server_url(), spool_path);
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(delivery_stats(delivery)->sent,
			  0); /* nobody knows yet that it takes any */
	delivery_add(delivery, make_parcel(9, 1000));
	let_send(delivery, 1, 2);
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 2); /* paced */
	let_send(delivery, 1 + DELIVERY_SPOOL_PACE_MS, 3);
	let_send(delivery, 1 + 2 * DELIVERY_SPOOL_PACE_MS, 4);
	let_pass(delivery, 1 + 2 * DELIVERY_SPOOL_PACE_MS, 20);
	ck_assert_uint_eq(files_in(spool_path), 0);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_spool, 0);
	delivery_destroy(delivery);
	server_stop(&server);
	remove_directory(spool_path);
}
END_TEST

START_TEST(dropped_parcels_go_into_the_spool)
{
	make_directory(spool_path);
	struct delivery *delivery = make("unix:///nonexistent/sock", spool_path);
	for (uint64_t i = 0; i < 12; i++)
		delivery_add(delivery, make_parcel(i, 1000));
	ck_assert_uint_eq(delivery_stats(delivery)->spooled, 7);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_full, 0);
	ck_assert_uint_eq(files_in(spool_path), 7);
	delivery_destroy(delivery);
	remove_directory(spool_path);
}
END_TEST

START_TEST(profile_that_is_refused_for_itself_is_not_spooled)
{
	make_directory(spool_path);
	server_start(&server, SERVER_CLOSES, "HTTP/1.1 413 X\r\n\r\n");
	struct delivery *delivery = make(server_url(), spool_path);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(files_in(spool_path), 0);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_refused, 1);
	delivery_destroy(delivery);
	server_stop(&server);
	server_start(&server, SERVER_CLOSES, "HTTP/1.1 401 X\r\n\r\n");
	delivery = make(server_url(), spool_path);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(files_in(spool_path), 1);
	ck_assert_uint_eq(delivery_stats(delivery)->spooled, 1);
	delivery_destroy(delivery);
	server_stop(&server);
	remove_directory(spool_path);
}
END_TEST

/* Two directories: the second is missing at first, and what it missed is spooled. */
static struct delivery *miss_one(char urls[256], char second[100])
{
	make_directory(spool_path);
	make_directory(directory);
	snprintf(second, 100, "%s/not/yet", directory);
	snprintf(urls, 256, "file://%s,file://%s", directory, second);
	struct delivery *delivery = make(urls, spool_path);
	delivery_add(delivery, make_parcel(0, 1000));
	delivery_run(delivery, 1);
	delivery_finish(delivery, 1, 0);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 1);
	ck_assert_uint_eq(delivery_stats(delivery)->spooled, 1);
	delivery_destroy(delivery);
	return make(urls, spool_path);
}

static void forget(struct delivery *delivery, char second[100])
{
	delivery_destroy(delivery);
	remove_directory(second);
	*strrchr(second, '/') = 0;
	rmdir(second);
	remove_directory(directory);
	remove_directory(spool_path);
}

START_TEST(spooled_parcel_goes_only_to_who_missed_it)
{
	char urls[256];
	char second[100];
	struct delivery *delivery = miss_one(urls, second);
	*strrchr(second, '/') = 0;
	mkdir(second, 0700);
	strcat(second, "/yet");
	delivery_add(delivery, make_parcel(1, 1000));
	delivery_run(delivery, 1);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 3); /* two fresh, one out of the spool */
	ck_assert_uint_eq(files_in(second), 2);
	ck_assert_uint_eq(files_in(directory), 2 + 1); /* its own two, and not/ */
	ck_assert_uint_eq(files_in(spool_path), 0);
	forget(delivery, second);
}
END_TEST

START_TEST(spooled_parcel_waits_while_who_missed_it_is_still_away)
{
	char urls[256];
	char second[100];
	struct delivery *delivery = miss_one(urls, second);
	delivery_add(delivery, make_parcel(1, 1000));
	for (uint64_t now_ms = 1; now_ms < 100000; now_ms += 1000)
		delivery_run(delivery, now_ms);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 1);
	ck_assert_uint_eq(files_in(directory), 2);
	ck_assert_uint_eq(files_in(spool_path), 1);
	forget(delivery, second);
}
END_TEST

START_TEST(dead_target_does_not_keep_the_spool_from_another)
{
	char urls[256];
	char second[100];
	struct delivery *delivery = miss_one(urls, second);
	delivery_destroy(delivery);
	snprintf(urls, sizeof urls, "file://%s/other,unix:///nonexistent/sock", directory);
	delivery = make(urls, spool_path); /* new targets: the spooled parcel is for everybody */
	delivery_add(delivery, make_parcel(1, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 2);
	/* The other half stays for the one that is away, written anew. */
	ck_assert_uint_eq(files_in(spool_path), 1);
	snprintf(urls, sizeof urls, "%s/other", directory);
	ck_assert_uint_eq(files_in(urls), 2);
	let_pass(delivery, 100000, 250);
	ck_assert_uint_eq(files_in(urls), 2);
	remove_directory(urls);
	forget(delivery, second);
}
END_TEST

START_TEST(spooled_parcel_that_fails_again_stays_in_the_spool)
{
	char url[128];
	make_directory(spool_path);
	make_directory(directory);
	snprintf(url, sizeof url, "file://%s", directory);
	struct delivery *delivery = make("unix:///nonexistent/sock", spool_path);
	delivery_add(delivery, make_parcel(0, 1000));
	delivery_add(delivery, make_parcel(1, 1000));
	delivery_finish(delivery, 1, 0);
	delivery_destroy(delivery);
	delivery = make(url, spool_path);
	delivery_add(delivery, make_parcel(2, 1000));
	delivery_run(delivery, 1);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 2);
	remove_directory(directory);
	close(creat(directory, 0600)); /* no directory any more */
	delivery_run(delivery, 1 + DELIVERY_SPOOL_PACE_MS);
	ck_assert_uint_eq(delivery_stats(delivery)->failed_attempts, 1);
	ck_assert_uint_eq(files_in(spool_path), 1);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_spool, 0);
	delivery_run(delivery, 100000); /* not before a fresh one was taken */
	ck_assert_uint_eq(delivery_stats(delivery)->failed_attempts, 1);
	delivery_destroy(delivery);
	unlink(directory);
	remove_directory(spool_path);
}
END_TEST

START_TEST(spool_that_cannot_be_used_is_told_and_done_without)
{
	make_directory(spool_path);
	chmod(spool_path, 0755);
	struct delivery *delivery = make("unix:///nonexistent/sock", spool_path);
	ck_assert_uint_eq(errors, 1);
	delivery_add(delivery, make_parcel(0, 1000));
	delivery_finish(delivery, 1, 0);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_exit, 1);
	ck_assert_uint_eq(files_in(spool_path), 0);
	delivery_destroy(delivery);
	remove_directory(spool_path);
}
END_TEST

START_TEST(credentials_are_never_logged_nor_spooled)
{
	char command[300];
	make_directory(spool_path);
	struct delivery *delivery = make("http://id:sesame@127.0.0.1:1/x", spool_path);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_ptr_null(strstr(last_text, "sesame"));
	ck_assert_ptr_nonnull(strstr(last_text, "127.0.0.1"));
	delivery_finish(delivery, 1, 0);
	delivery_destroy(delivery);
	ck_assert_uint_eq(files_in(spool_path), 1);
	snprintf(command, sizeof command, "grep -rq sesame %s", spool_path);
	ck_assert_int_ne(system(command), 0);
	remove_directory(spool_path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery_spool");
	TCase *tests = tcase_create("delivery_spool");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_the_exit_spooled_is_sent_by_the_next_process);
	tcase_add_test(tests, dropped_parcels_go_into_the_spool);
	tcase_add_test(tests, profile_that_is_refused_for_itself_is_not_spooled);
	tcase_add_test(tests, spooled_parcel_goes_only_to_who_missed_it);
	tcase_add_test(tests, spooled_parcel_waits_while_who_missed_it_is_still_away);
	tcase_add_test(tests, dead_target_does_not_keep_the_spool_from_another);
	tcase_add_test(tests, spooled_parcel_that_fails_again_stays_in_the_spool);
	tcase_add_test(tests, spool_that_cannot_be_used_is_told_and_done_without);
	tcase_add_test(tests, credentials_are_never_logged_nor_spooled);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
