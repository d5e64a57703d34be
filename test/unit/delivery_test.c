/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_test.c -- the policy of sending: what is tried when, what is dropped, what is told. */
#include "core/queue.h"
#include "test/unit/delivering.h"
#include "test/unit/suite.h"

#include <malloc.h>
#include <sys/stat.h>

START_TEST(every_target_gets_every_parcel)
{
	char urls[256];
	make_directory(directory);
	server_start(&server, SERVER_ANSWERS, ok_answer);
	snprintf(urls, sizeof urls, "%s,file://%s", server_url(), directory);
	struct delivery *delivery = make(urls, NULL);
	for (uint64_t i = 0; i < 3; i++)
		delivery_add(delivery, make_parcel(i, 1000));
	let_send(delivery, 1, 6);
	ck_assert_uint_eq(server_requests(&server), 3);
	ck_assert_uint_eq(files_in(directory), 3);
	ck_assert_uint_eq(delivery_run(delivery, 2), DELIVERY_IDLE_MS);
	ck_assert_uint_eq(warnings, 0);
	delivery_destroy(delivery);
	server_stop(&server);
	remove_directory(directory);
}
END_TEST

START_TEST(full_queue_drops_the_oldest_and_counts)
{
	struct delivery *delivery = make("unix:///nonexistent/sock", NULL);
	for (uint64_t i = 0; i < 9; i++)
		delivery_add(delivery, make_parcel(i, 1000));
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_full, 4);
	for (uint64_t i = 0; i < 3; i++)
		delivery_add(delivery, make_parcel(i, 1 << 20));
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_full, 10);
	delivery_add(delivery, make_parcel(0, 4 << 20));
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_full, 11);
	delivery_destroy(delivery);
}
END_TEST

START_TEST(oldest_gives_way_while_it_is_under_way)
{
	server_start(&server, SERVER_SILENT, "");
	struct delivery *delivery = make(server_url(), NULL);
	delivery_add(delivery, make_parcel(0, 1 << 20));
	let_pass(delivery, 1, 250);
	for (uint64_t i = 1; i < 8; i++)
		delivery_add(delivery, make_parcel(i, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_full, 3);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(rests_grow_with_each_failure_up_to_the_period)
{
	struct delivery *delivery = make("unix:///nonexistent/sock", NULL);
	const struct delivery_stats *stats = delivery_stats(delivery);
	uint64_t now_ms = 1000;
	uint64_t longest_ms = 0;
	delivery_add(delivery, make_parcel(0, 1000));
	for (uint64_t failures = 1; failures < 60; failures++) {
		let_pass(delivery, now_ms, 3);
		ck_assert_uint_eq(stats->failed_attempts, failures);
		uint32_t next_ms = delivery_run(delivery, now_ms);
		uint64_t most_ms = failures < 5 ? 1000u << (failures - 1) : 10000;
		ck_assert_uint_le(next_ms, most_ms < 10000 ? most_ms : 10000);
		delivery_run(delivery, now_ms + next_ms - 1);
		ck_assert_uint_eq(stats->failed_attempts, failures);
		now_ms += next_ms;
		longest_ms = next_ms > longest_ms ? next_ms : longest_ms;
	}
	ck_assert_uint_gt(longest_ms, 5000);
	/* About 300 s of failures, one line a minute at most. */
	ck_assert_uint_le(warnings, 2 + now_ms / DELIVERY_QUIET_MS);
	ck_assert_uint_ge(warnings, 1);
	delivery_destroy(delivery);
}
END_TEST

static const struct {
	const char *answer;
	bool is_retried;
} answers[] = {
	{"HTTP/1.1 500 X\r\n\r\n", true},
	{"HTTP/1.1 503 X\r\n\r\n", true},
	{"HTTP/1.1 408 X\r\n\r\n", true},
	{"HTTP/1.1 425 X\r\n\r\n", true},
	{"HTTP/1.1 429 X\r\n\r\n", true},
	{"nothing like HTTP\r\n", true},
	{"", true},
	{"HTTP/1.1 400 X\r\n\r\n", false},
	{"HTTP/1.1 401 X\r\n\r\n", false},
	{"HTTP/1.1 404 X\r\n\r\n", false},
	{"HTTP/1.1 413 X\r\n\r\n", false},
	{"HTTP/1.1 301 X\r\nLocation: http://localhost/\r\n\r\n", false},
};

START_TEST(answers_decide_whether_another_attempt_is_made)
{
	bool is_retried = answers[_i].is_retried;
	server_start(&server, SERVER_CLOSES, answers[_i].answer);
	struct delivery *delivery = make(server_url(), NULL);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(server_requests(&server), 1);
	let_pass(delivery, 20000, 250);
	ck_assert_uint_eq(server_requests(&server), is_retried ? 2 : 1);
	ck_assert_uint_eq(delivery_stats(delivery)->failed_attempts, is_retried ? 2 : 0);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_refused, is_retried ? 0 : 1);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 0);
	ck_assert_uint_eq(warnings, 1);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(not_found_says_which_agents_would_do)
{
	server_start(&server, SERVER_CLOSES, "HTTP/1.1 404 X\r\n\r\n");
	struct delivery *delivery = make(server_url(), NULL);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_ptr_nonnull(strstr(last_text, "needs Blackfire Agent >= 2.13.0"));
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(retry_after_is_honoured_up_to_the_period)
{
	server_start(&server, SERVER_CLOSES, "HTTP/1.1 429 X\r\nRetry-After: 5\r\n\r\n");
	struct delivery *delivery = make(server_url(), NULL);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_ge(delivery_run(delivery, 1), 5000);
	ck_assert_uint_le(delivery_run(delivery, 1), 6001);
	delivery_destroy(delivery);
	server_stop(&server);
	server_start(&server, SERVER_CLOSES, "HTTP/1.1 503 X\r\nRetry-After: 86400\r\n\r\n");
	delivery = make(server_url(), NULL);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 250);
	ck_assert_uint_eq(delivery_run(delivery, 1), 10000);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(slow_target_does_not_hold_up_another)
{
	char urls[256];
	make_directory(directory);
	server_start(&server, SERVER_SILENT, "");
	snprintf(urls, sizeof urls, "%s,file://%s", server_url(), directory);
	struct delivery *delivery = make(urls, NULL);
	for (uint64_t i = 0; i < 20; i++) {
		delivery_add(delivery, make_parcel(i, 1000));
		let_pass(delivery, 1, 2);
	}
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 20);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_full, 15);
	delivery_destroy(delivery);
	server_stop(&server);
	remove_directory(directory);
}
END_TEST

START_TEST(dead_backend_leaves_memory_flat)
{
	struct delivery *delivery = make("unix:///nonexistent/sock,tcp://127.0.0.1:1", NULL);
	uint64_t now_ms = 1;
	size_t before = 0;
	for (uint64_t i = 0; i < 2000; i++) {
		delivery_add(delivery, make_parcel(i, 20000));
		delivery_run(delivery, now_ms += 10000);
		if (i == 200)
			before = mallinfo2().uordblks;
	}
	ck_assert_uint_le(mallinfo2().uordblks, before + 65536);
	ck_assert_uint_ge(delivery_stats(delivery)->dropped_full, 3980);
	ck_assert_uint_le(warnings, 2 + 2 * now_ms / DELIVERY_QUIET_MS);
	delivery_destroy(delivery);
}
END_TEST

START_TEST(exit_sends_what_waits)
{
	server_start(&server, SERVER_ANSWERS, ok_answer);
	struct delivery *delivery = make(server_url(), NULL);
	for (uint64_t i = 0; i < 3; i++)
		delivery_add(delivery, make_parcel(i, 1000));
	delivery_finish(delivery, 1, 2000);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 3);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_exit, 0);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(exit_keeps_to_its_budget_and_counts_what_remains)
{
	server_start(&server, SERVER_SILENT, "");
	struct delivery *delivery = make(server_url(), NULL);
	for (uint64_t i = 0; i < 3; i++)
		delivery_add(delivery, make_parcel(i, 1 << 19));
	uint64_t began_ms = server_clock_ms();
	delivery_finish(delivery, 1, DELIVERY_EXIT_MS);
	ck_assert_uint_lt(server_clock_ms() - began_ms, 300);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_exit, 3);
	ck_assert_uint_eq(warnings, 1);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(exit_has_no_time_for_a_target_that_failed_last)
{
	server_start(&server, SERVER_SILENT, "");
	struct delivery *delivery = make(server_url(), NULL);
	delivery_add(delivery, make_parcel(0, 1000));
	let_pass(delivery, 1, 500);
	ck_assert_uint_eq(delivery_stats(delivery)->failed_attempts, 1);
	let_pass(delivery, 9999, 20); /* the second attempt is under way */
	uint64_t began_ms = server_clock_ms();
	delivery_finish(delivery, 9999, 5000);
	ck_assert_uint_lt(server_clock_ms() - began_ms, 100);
	ck_assert_uint_eq(delivery_stats(delivery)->dropped_exit, 1);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(credentials_of_the_options_are_for_agents_whose_url_has_none)
{
	struct target target;
	size_t size;
	server_start(&server, SERVER_ANSWERS, ok_answer);
	ck_assert_ptr_null(target_parse(&target, server_url(), strlen(server_url())));
	struct delivery_options options = {.targets = &target,
					   .target_count = 1,
					   .server_id = "id",
					   .server_token = "token",
					   .version = "9.9",
					   .period_ms = 1000,
					   .timeout_ms = 500};
	struct delivery *delivery = delivery_create(&options);
	delivery_add(delivery, make_parcel(0, 1000));
	let_send(delivery, 1, 1);
	char *text = server_slurp(server.request, &size);
	ck_assert_ptr_nonnull(strstr(text, "\r\nAuthorization: Basic aWQ6dG9rZW4=\r\n"));
	free(text);
	delivery_destroy(delivery);
	server_stop(&server);
}
END_TEST

START_TEST(recovery_is_told_once)
{
	char path[96];
	make_directory(directory);
	snprintf(path, sizeof path, "file://%s/missing/sub", directory);
	struct delivery *delivery = make(path, NULL);
	delivery_add(delivery, make_parcel(0, 10));
	delivery_run(delivery, 1);
	ck_assert_uint_eq(warnings, 1);
	snprintf(path, sizeof path, "%s/missing", directory);
	mkdir(path, 0700);
	delivery_add(delivery, make_parcel(1, 10));
	delivery_run(delivery, 20000);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, 2);
	ck_assert_uint_eq(infos, 1);
	delivery_destroy(delivery);
	snprintf(path, sizeof path, "%s/missing/sub", directory);
	remove_directory(path);
	snprintf(path, sizeof path, "%s/missing", directory);
	rmdir(path);
	rmdir(directory);
}
END_TEST

START_TEST(parcel_without_profiles_is_nothing_to_deliver)
{
	struct delivery *delivery = make("unix:///nonexistent/sock", NULL);
	delivery_add(delivery, parcel_create("shop"));
	ck_assert_uint_eq(delivery_run(delivery, 1), DELIVERY_IDLE_MS);
	delivery_destroy(delivery);
}
END_TEST

START_TEST(queue_finds_the_oldest_and_spooled_ones_make_room_first)
{
	struct queue queue = {0};
	for (uint64_t i = 0; i < QUEUE_ENTRIES_MAX; i++)
		ck_assert(queue_append(&queue, queue_make_entry(make_parcel(i, 10), i ? 3 : 1)));
	struct entry *extra = queue_make_entry(make_parcel(99, 10), 1);
	ck_assert(!queue_append(&queue, extra));
	ck_assert_ptr_eq(queue_find(&queue, 2), queue.entries[1]);
	ck_assert_ptr_null(queue_find(&queue, 4));
	ck_assert_uint_eq(queue_victim(&queue), 0);
	queue.entries[5]->from_spool = true;
	ck_assert_uint_eq(queue_victim(&queue), 5);
	while (queue.count)
		queue_destroy_entry(queue_remove(&queue, queue.count / 2));
	ck_assert_uint_eq(queue.bytes, 0);
	queue_destroy_entry(extra);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery");
	TCase *tests = tcase_create("delivery");
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, every_target_gets_every_parcel);
	tcase_add_test(tests, full_queue_drops_the_oldest_and_counts);
	tcase_add_test(tests, oldest_gives_way_while_it_is_under_way);
	tcase_add_test(tests, rests_grow_with_each_failure_up_to_the_period);
	tcase_add_loop_test(tests, answers_decide_whether_another_attempt_is_made, 0,
			    (int)(sizeof answers / sizeof *answers));
	tcase_add_test(tests, not_found_says_which_agents_would_do);
	tcase_add_test(tests, retry_after_is_honoured_up_to_the_period);
	tcase_add_test(tests, slow_target_does_not_hold_up_another);
	tcase_add_test(tests, dead_backend_leaves_memory_flat);
	tcase_add_test(tests, exit_sends_what_waits);
	tcase_add_test(tests, exit_keeps_to_its_budget_and_counts_what_remains);
	tcase_add_test(tests, exit_has_no_time_for_a_target_that_failed_last);
	tcase_add_test(tests, credentials_of_the_options_are_for_agents_whose_url_has_none);
	tcase_add_test(tests, recovery_is_told_once);
	tcase_add_test(tests, parcel_without_profiles_is_nothing_to_deliver);
	tcase_add_test(tests, queue_finds_the_oldest_and_spooled_ones_make_room_first);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
