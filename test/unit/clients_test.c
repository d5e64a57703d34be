/* SPDX-License-Identifier: Apache-2.0 */
/* clients_test.c -- who is too slow, and threads that do what waits. */
#include "collector/clients.h"
#include "collector/options.h"
#include "collector/pool.h"
#include "test/unit/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct client_limits limits = {.request_ms = 60000, .least_rate = 1000};

static bool is_slow(enum client_phase phase, uint64_t bytes, int64_t elapsed_ms)
{
	struct client client = {.phase = phase, .since_ms = 1000, .bytes = bytes};
	return client_is_slow(&client, &limits, 1000 + elapsed_ms);
}

START_TEST(a_request_has_its_time_and_its_least_rate)
{
	ck_assert(!is_slow(CLIENT_RECEIVING, 0, 5000));
	ck_assert(is_slow(CLIENT_RECEIVING, 0, 6000));
	ck_assert(!is_slow(CLIENT_RECEIVING, 1000, 6000));
	ck_assert(is_slow(CLIENT_RECEIVING, 1000, 7000));
	ck_assert(!is_slow(CLIENT_RECEIVING, 1 << 30, 60000));
	ck_assert(is_slow(CLIENT_RECEIVING, 1 << 30, 60001));
}
END_TEST

START_TEST(an_answer_has_the_time_that_its_size_needs)
{
	ck_assert(!is_slow(CLIENT_SENDING, 0, 60000));
	ck_assert(is_slow(CLIENT_SENDING, 0, 60001));
	ck_assert(!is_slow(CLIENT_SENDING, 60000, 110000));
	ck_assert(is_slow(CLIENT_SENDING, 60000, 121000));
}
END_TEST

START_TEST(a_head_has_its_time_and_work_has_all)
{
	ck_assert(!is_slow(CLIENT_NEW, 0, 15000));
	ck_assert(is_slow(CLIENT_NEW, 0, 15001));
	ck_assert(!is_slow(CLIENT_IDLE, 0, 75000));
	ck_assert(is_slow(CLIENT_IDLE, 0, 75001));
	ck_assert(!is_slow(CLIENT_WORKING, 0, INT64_C(1) << 40));
}
END_TEST

/* ---- pool ---------------------------------------------------------------------------------- */

static atomic_int done;

static void count(struct pool_job *job)
{
	(void)job;
	done++;
}

static void wait_for_byte(struct pool_job *job)
{
	char byte;
	int *fd = (int *)((char *)job + sizeof *job);
	ck_assert_int_eq(read(*fd, &byte, 1), 1);
	done++;
}

START_TEST(a_pool_does_what_waits_and_refuses_more)
{
	struct {
		struct pool_job job;
		int fd;
	} first = {{.run = wait_for_byte}, -1};
	struct pool_job jobs[4] = {{.run = count}, {.run = count}, {.run = count}, {.run = count}};
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	first.fd = ends[0];
	struct pool *pool = pool_create(1, 3);
	ck_assert_ptr_nonnull(pool);
	ck_assert(pool_submit(pool, &first.job));
	/* The first may not be begun yet, and then waits as well. */
	int taken = 0;
	for (int i = 0; i < 4; i++)
		taken += pool_submit(pool, &jobs[i]);
	ck_assert_int_ge(taken, 2);
	ck_assert_int_le(taken, 3);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	pool_destroy(pool);
	ck_assert_int_eq(done, 1 + taken);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* ---- options ------------------------------------------------------------------------------- */

static int read_options(struct options *options, const char *one, const char *two, char *error)
{
	char *argv[] = {(char *)"conprofd", (char *)one, (char *)two, NULL};
	return options_read(options, two ? 3 : one ? 2 : 1, argv, error);
}

START_TEST(options_have_their_defaults)
{
	struct options options;
	char error[OPTIONS_ERROR_SIZE];
	ck_assert_int_eq(read_options(&options, NULL, NULL, error), 0);
	ck_assert_str_eq(options.listen, "unix:///var/run/blackfire/agent.sock,127.0.0.1:10100");
	ck_assert_uint_eq(options.retention.keep_ms, 120ull * 3600 * 1000);
	ck_assert_uint_eq(options.socket_mode, 0666);
	ck_assert(!options.insecure);
	ck_assert_int_eq(read_options(&options, "--insecure", NULL, error), 0);
	ck_assert(options.insecure);
	ck_assert_int_eq(read_options(&options, "--retention=0", NULL, error), 0);
	ck_assert_uint_eq(options.retention.keep_ms, 0);
	ck_assert_int_eq(read_options(&options, "--log-level", "debug", error), 0);
	ck_assert_uint_eq(options.log_level, 4);
}
END_TEST

START_TEST(rules_hold_in_their_order)
{
	struct options options;
	char error[OPTIONS_ERROR_SIZE];
	ck_assert_int_eq(read_options(&options, "--retention-rules",
				      "trace=24h,shop*/cpu=30d,*/cpu=1h", error),
			 0);
	const struct retention *retention = &options.retention;
	ck_assert_str_eq(retention_rule(retention, "shop-eu", "cpu"), "shop*/cpu");
	ck_assert_str_eq(retention_rule(retention, "web", "cpu"), "*/cpu");
	ck_assert_str_eq(retention_rule(retention, "web", "trace"), "trace");
	ck_assert_str_eq(retention_rule(retention, "web", "heap"), "");
	ck_assert_uint_eq(retention_keep_ms(retention, "*/cpu"), 3600000);
	ck_assert_uint_eq(retention_keep_ms(retention, "gone"), 120ull * 3600 * 1000);
}
END_TEST

START_TEST(the_command_line_wins_over_the_file)
{
	char path[] = "/tmp/conprof-test-XXXXXX", word[64], error[OPTIONS_ERROR_SIZE];
	struct options options;
	static const char text[] = "# a comment\n\n threads = 7 \nretention=1h\ninsecure = yes\n";
	int fd = mkstemp(path);
	ck_assert_int_eq(write(fd, text, sizeof text - 1), sizeof text - 1);
	close(fd);
	snprintf(word, sizeof word, "--config=%s", path);
	ck_assert_int_eq(read_options(&options, word, "--threads=9", error), 0);
	ck_assert_uint_eq(options.threads, 9);
	ck_assert_uint_eq(options.retention_ms, 3600000);
	ck_assert(options.insecure);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clients");
	TCase *test = tcase_create("clients");
	tcase_add_test(test, a_request_has_its_time_and_its_least_rate);
	tcase_add_test(test, an_answer_has_the_time_that_its_size_needs);
	tcase_add_test(test, a_head_has_its_time_and_work_has_all);
	suite_add_tcase(suite, test);
	TCase *pool = tcase_create("pool");
	tcase_add_test(pool, a_pool_does_what_waits_and_refuses_more);
	suite_add_tcase(suite, pool);
	TCase *options = tcase_create("options");
	tcase_add_test(options, options_have_their_defaults);
	tcase_add_test(options, rules_hold_in_their_order);
	tcase_add_test(options, the_command_line_wins_over_the_file);
	suite_add_tcase(suite, options);
	return suite_run(suite);
}
