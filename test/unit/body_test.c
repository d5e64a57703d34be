/* SPDX-License-Identifier: Apache-2.0 */
/* body_test.c -- bodies and the budget that they share; requests and what they are asked with. */
#include "collector/body.h"
#include "collector/moment.h"
#include "collector/request_params.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char piece[10000];

START_TEST(a_body_grows_within_its_limit)
{
	struct body_budget budget = {.all_max = 1 << 20, .one_max = 25000};
	struct body body = {0};
	memset(piece, 'x', sizeof piece);
	ck_assert_int_eq(body_append(&body, &budget, piece, sizeof piece), 0);
	ck_assert_int_eq(body_append(&body, &budget, piece, sizeof piece), 0);
	ck_assert_int_eq(body_append(&body, &budget, piece, sizeof piece), -EFBIG);
	ck_assert_uint_eq(body.size, 20000);
	ck_assert_int_eq(body_append(&body, &budget, piece, 5000), 0);
	ck_assert_int_eq(body_append(&body, &budget, piece, 1), -EFBIG);
	ck_assert_uint_eq(body.size, 25000);
	for (size_t i = 0; i < body.size; i++)
		ck_assert_int_eq(body.bytes[i], 'x');
	ck_assert_uint_ge(budget.bytes, 25000);
	body_drop(&body, &budget);
	ck_assert_uint_eq(budget.bytes, 0);
	ck_assert_uint_eq(body.size, 0);
}
END_TEST

START_TEST(all_bodies_share_one_budget)
{
	struct body_budget budget = {.all_max = 40000, .one_max = 1 << 20};
	struct body one = {0}, two = {0}, three = {0};
	ck_assert_int_eq(body_append(&one, &budget, piece, sizeof piece), 0);
	ck_assert_int_eq(body_append(&two, &budget, piece, sizeof piece), 0);
	uint64_t before = budget.bytes;
	ck_assert_int_eq(body_append(&three, &budget, piece, sizeof piece), -EBUSY);
	ck_assert_uint_eq(budget.bytes, before);
	body_drop(&one, &budget);
	ck_assert_int_eq(body_append(&three, &budget, piece, sizeof piece), 0);
	body_drop(&two, &budget);
	body_drop(&three, &budget);
	ck_assert_uint_eq(budget.bytes, 0);
}
END_TEST

/* ---- parameters ---------------------------------------------------------------------------- */

static struct params params;
static struct exchange exchange;

static int read_params(const char *text, bool is_free, char error[PARAMS_ERROR_SIZE])
{
	ck_assert_int_eq(query_parse(&exchange.query, text), 0);
	return params_read_query(&params, &exchange, is_free, error);
}

static void tear_down(void)
{
	params_clear(&params);
	query_clear(&exchange.query);
}

START_TEST(a_whole_question_is_read)
{
	char error[PARAMS_ERROR_SIZE];
	ck_assert_int_eq(
		read_params("service=shop&type=%20cpu%20&labels=a%3D1&from=10&to=20&limit=3"
			    "&selector=b%3D2",
			    false, error),
		0);
	ck_assert_str_eq(params.query.service, "shop");
	ck_assert_str_eq(params.query.type, "cpu");
	ck_assert_uint_eq(params.query.labels->count, 1);
	ck_assert_uint_eq(params.query.selector->count, 1);
	ck_assert_int_eq(params.query.from_ns, INT64_C(10000000000));
	ck_assert_int_eq(params.query.to_ns, INT64_C(20000000000));
	ck_assert_uint_eq(params.limit, 3);
}
END_TEST

START_TEST(what_may_be_left_out_is_left_out)
{
	char error[PARAMS_ERROR_SIZE];
	ck_assert_int_eq(read_params("", true, error), 0);
	ck_assert_ptr_null(params.query.service);
	ck_assert_ptr_null(params.query.type);
	ck_assert_int_eq(params.query.from_ns, 0);
	ck_assert_int_eq(params.query.to_ns, INT64_MAX);
}
END_TEST

START_TEST(a_range_that_is_open_ends_now)
{
	char error[PARAMS_ERROR_SIZE];
	int64_t before = moment_now();
	ck_assert_int_eq(read_params("from=2026-11-22", true, error), 0);
	ck_assert_int_eq(params.query.from_ns, INT64_C(1795305600) * MOMENT_SECOND);
	ck_assert_int_ge(params.query.to_ns, before);
	ck_assert_int_le(params.query.to_ns, moment_now());
	tear_down();
	ck_assert_int_eq(read_params("to=7", true, error), 0);
	ck_assert_int_eq(params.query.from_ns, 0);
	ck_assert_int_eq(params.query.to_ns, 7 * MOMENT_SECOND);
	tear_down();
	ck_assert_int_eq(read_params("from=now-1x", true, error), -EINVAL);
}
END_TEST

START_TEST(what_is_wrong_is_told_as_profefe_does)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"", "missing \"service\""},
		{"service=a", "missing \"from\""},
		{"service=a&from=1", "missing \"to\""},
		{"service=a&from=x&to=1",
		 "bad \"from\" timestamp \"x\": time in unsupported format \"x\"; "
		 "understood are " MOMENT_FORMS},
		{"service=a&from=2&to=1", "\"from\" is after \"to\""},
		{"service=a&labels=b%3D%25zx%2Cc",
		 "bad \"labels\" \"b=%zx,c\": invalid URL escape \"%zx\""},
		{"service=a&from=1&to=2&limit=1x",
		 "bad \"limit\" \"1x\": strconv.Atoi: parsing \"1x\": invalid syntax"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char error[PARAMS_ERROR_SIZE];
		ck_assert_int_eq(read_params(rows[i].text, false, error), -EINVAL);
		ck_assert_str_eq(error, rows[i].error);
		tear_down();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("body");
	TCase *test = tcase_create("body");
	tcase_add_test(test, a_body_grows_within_its_limit);
	tcase_add_test(test, all_bodies_share_one_budget);
	suite_add_tcase(suite, test);
	TCase *asked = tcase_create("request_params");
	tcase_add_checked_fixture(asked, NULL, tear_down);
	tcase_add_test(asked, a_whole_question_is_read);
	tcase_add_test(asked, what_may_be_left_out_is_left_out);
	tcase_add_test(asked, a_range_that_is_open_ends_now);
	tcase_add_test(asked, what_is_wrong_is_told_as_profefe_does);
	suite_add_tcase(suite, asked);
	return suite_run(suite);
}
