/* SPDX-License-Identifier: Apache-2.0 */
/* query_names_test.c -- parameters that nobody reads. */
#include "collector/query_names.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAMES "service, type, labels, from, to, limit, format, sample_type, group_by"

static char error[QUERY_NAMES_ERROR_SIZE];

static int check(const char *text, bool is_all)
{
	struct query_string query;
	*error = '\0';
	ck_assert_int_eq(query_parse(&query, text), 0);
	const struct query_names names = {NAMES, is_all};
	int status = query_names_check(&names, &query, error);
	query_clear(&query);
	return status;
}

START_TEST(what_there_is_is_taken)
{
	for (int is_all = 0; is_all < 2; is_all++) {
		ck_assert_int_eq(check("", is_all), 0);
		ck_assert_int_eq(check("service=a&type=b&to=c&from=&sample_type", is_all), 0);
		ck_assert_int_eq(check("service=a&service=b&=c&&", is_all), 0);
	}
}
END_TEST

START_TEST(what_is_nearly_a_name_is_refused)
{
	static const char *const rows[][2] = {
		{"label=region=us", "labels"},
		{"lables=a", "labels"},
		{"Labels=a", "labels"},
		{"SERVICE=a", "service"},
		{"services=a", "service"},
		{"servce=a", "service"},
		{"tpye=a", "type"},
		{"types=a", "type"},
		{"frm=now-1h", "from"},
		{"form=top", "from"},
		{"from=now-1h&form=top", "format"},
		{"fromat=top", "format"},
		{"formatt=top", "format"},
		{"limits=1", "limit"},
		{"sampleType=cpu", "sample_type"},
		{"sample-type=cpu", "sample_type"},
		{"sample=cpu", "sample_type"},
		{"group=region", "group_by"},
		{"groupby=region", "group_by"},
		{"too=now", "to"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[64];
		snprintf(wanted, sizeof wanted, "did you mean \"%s\"?", rows[i][1]);
		for (int is_all = 0; is_all < 2; is_all++) {
			ck_assert_int_eq(check(rows[i][0], is_all), -EINVAL);
			ck_assert_msg(strstr(error, wanted), "%s: %s", rows[i][0], error);
		}
	}
	ck_assert_int_eq(check("x=1&label=a", false), -EINVAL);
	ck_assert_str_eq(error, "there is no parameter \"label\"; did you mean \"labels\"?");
}
END_TEST

START_TEST(what_clients_add_is_taken)
{
	static const char *const texts[] = {"seconds=5", "debug=1", "gc=1", "x=1",
					    "bogus=1",	 "t=1",	    "_=17", "instance_id=i1",
					    "token=t",	 "name=a",  "",	    "query=a"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!check(texts[i], false), "%s: %s", texts[i], error);
}
END_TEST

START_TEST(what_is_there_beside_the_name_is_taken)
{
	ck_assert_int_eq(check("labels=a&label=b", false), 0);
	ck_assert_int_eq(check("labels=a&label=b", true), -EINVAL);
}
END_TEST

START_TEST(all_others_may_be_refused)
{
	ck_assert_int_eq(check("seconds=5", true), -EINVAL);
	ck_assert_str_eq(error, "there is no parameter \"seconds\" here; there are service, type, "
				"labels, from, to, limit, format, sample_type, group_by");
	char text[4096];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	ck_assert_int_eq(check(text, false), 0);
	ck_assert_int_eq(check(text, true), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query_names");
	TCase *test = tcase_create("query_names");
	tcase_add_test(test, what_there_is_is_taken);
	tcase_add_test(test, what_is_nearly_a_name_is_refused);
	tcase_add_test(test, what_clients_add_is_taken);
	tcase_add_test(test, what_is_there_beside_the_name_is_taken);
	tcase_add_test(test, all_others_may_be_refused);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
