/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_test.c -- the policy of sending: what is tried when, what is dropped, what is kept. */
#include "core/delivery.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>

#include "core/queue.h"
#include "test/unit/server.h"
#include "test/unit/suite.h"

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
static const char busy_answer[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

static struct server server;
static char spool_path[64];
static char directory[64];
static unsigned errors, warnings, infos;
static char last_text[2048];

static void log_line(int level, const char *text)
{
	errors += level == DELIVERY_ERROR;
	warnings += level == DELIVERY_WARNING;
	infos += level == DELIVERY_INFO;
	snprintf(last_text, sizeof last_text, "%s", text);
}

static struct parcel *make_parcel(uint64_t seq, size_t size)
{
	struct parcel *parcel = parcel_create("shop");
	uint8_t *bytes = malloc(size);
	memset(bytes, 'p', size);
	parcel->start_ns = 1700000000000000000 + seq * 1000;
	parcel->end_ns = parcel->start_ns + 999;
	parcel->seq = seq;
	parcel->pid = 77;
	ck_assert_int_eq(parcel_add_profile(parcel, "cpu", bytes, size), 0);
	return parcel;
}

static struct delivery *make(const char *urls, const char *spool)
{
	struct target targets[TARGET_COUNT_MAX];
	const char *error;
	size_t count = target_parse_list(targets, urls, strlen(urls), &error);
	ck_assert_ptr_null(error);
	struct delivery_options options = {
		.targets = targets,
		.target_count = count,
		.version = "9.9",
		.period_ms = 10000,
		.timeout_ms = 300,
		.spool = spool,
		.spool_bytes = 1 << 20,
		.seed = 42,
		.log = log_line,
	};
	errors = warnings = infos = 0;
	return delivery_create(&options);
}

static const char *server_url(void)
{
	static char url[128];
	snprintf(url, sizeof url, "unix://%s", server.path);
	return url;
}

/* Lets real time pass for the sockets while the delivery's own clock stands at now_ms. */
static void let_pass(struct delivery *delivery, uint64_t now_ms, uint32_t real_ms)
{
	uint64_t end_ms = server_clock_ms() + real_ms;
	while (server_clock_ms() < end_ms) {
		uint64_t began_ms = server_clock_ms();
		uint32_t next_ms = delivery_run(delivery, now_ms);
		ck_assert_uint_ge(next_ms, 1);
		ck_assert_uint_lt(server_clock_ms() - began_ms, 250); /* less than the timeout */
		delivery_wait(delivery, next_ms < 10 ? next_ms : 10, -1);
	}
}

/* Ends early, as soon as so many were sent. */
static void let_send(struct delivery *delivery, uint64_t now_ms, uint64_t sent)
{
	for (int i = 0; i < 300 && delivery_stats(delivery)->sent < sent; i++)
		let_pass(delivery, now_ms, 10);
	ck_assert_uint_eq(delivery_stats(delivery)->sent, sent);
}

static size_t files_in(const char *path)
{
	size_t count = 0;
	DIR *entries = opendir(path);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries)))
		count += *entry->d_name != '.';
	if (entries)
		closedir(entries);
	return count;
}

static void make_directory(char path[64])
{
	strcpy(path, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

static void remove_directory(const char *path)
{
	char name[400];
	DIR *entries = opendir(path);
	const struct dirent *entry;
	while (entries && (entry = readdir(entries))) {
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		unlink(name);
	}
	if (entries)
		closedir(entries);
	rmdir(path);
}

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
	tcase_add_test(tests, what_the_exit_spooled_is_sent_by_the_next_process);
	tcase_add_test(tests, dropped_parcels_go_into_the_spool);
	tcase_add_test(tests, profile_that_is_refused_for_itself_is_not_spooled);
	tcase_add_test(tests, spooled_parcel_goes_only_to_who_missed_it);
	tcase_add_test(tests, spooled_parcel_waits_while_who_missed_it_is_still_away);
	tcase_add_test(tests, dead_target_does_not_keep_the_spool_from_another);
	tcase_add_test(tests, spooled_parcel_that_fails_again_stays_in_the_spool);
	tcase_add_test(tests, spool_that_cannot_be_used_is_told_and_done_without);
	tcase_add_test(tests, credentials_are_never_logged_nor_spooled);
	tcase_add_test(tests, credentials_of_the_options_are_for_agents_whose_url_has_none);
	tcase_add_test(tests, recovery_is_told_once);
	tcase_add_test(tests, parcel_without_profiles_is_nothing_to_deliver);
	tcase_add_test(tests, queue_finds_the_oldest_and_spooled_ones_make_room_first);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
