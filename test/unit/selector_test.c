/* SPDX-License-Identifier: Apache-2.0 */
/* selector_test.c -- which profiles a query means. */
#include "collector/selector.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct labels labels;

static void set_up(void)
{
	ck_assert_int_eq(labels_parse(&labels, "host=web-17,region=eu"), 0);
}

static void tear_down(void)
{
	labels_clear(&labels);
}

/* Whether shop's cpu profiles with these labels are meant. */
static bool selects(const char *text)
{
	struct selector selector;
	char error[SELECTOR_ERROR_SIZE] = "";
	ck_assert_msg(!selector_parse(&selector, text, error), "%s: %s", text, error);
	bool matches = selector_matches(&selector, "shop", "cpu", &labels) == 1;
	selector_clear(&selector);
	return matches;
}

START_TEST(the_four_operators_work)
{
	ck_assert(selects(""));
	ck_assert(selects("{}"));
	ck_assert(selects("{region=\"eu\"}"));
	ck_assert(selects(" { region = eu , host =~ \"web-[0-9]+\" } "));
	ck_assert(!selects("region=us"));
	ck_assert(!selects("region!=eu"));
	ck_assert(selects("region!=us"));
	ck_assert(selects("host!~\"db.*\""));
	ck_assert(!selects("host!~\"web.*\""));
	ck_assert(selects("{region=\"eu\",}"));
	ck_assert(selects("{region=\"eu\" , host=web-17 }"));
	ck_assert(selects("region!=a=b=="));
	ck_assert(!selects("{region=\"eu\",host=\"web-18\"}"));
}
END_TEST

START_TEST(a_pattern_matches_the_whole_value)
{
	ck_assert(!selects("host=~web"));
	ck_assert(!selects("host=~\"17\""));
	ck_assert(selects("host=~\"db|web-17\""));
	ck_assert(!selects("host=~\"web|17\""));
	ck_assert(selects("host=~\"(([a-z]+[+]*)+-?[0-9]+)+\""));
	ck_assert(selects("host=~\"w+e+b+-1+7+\""));
	ck_assert(selects("host!~\"\\\\++[]+]++[^]+]+x+\""));
}
END_TEST

START_TEST(an_absent_label_is_empty)
{
	ck_assert(selects("zone=\"\""));
	ck_assert(selects("zone!=a"));
	ck_assert(selects("zone=~\".*\""));
	ck_assert(!selects("zone=~\".+\""));
}
END_TEST

START_TEST(service_and_type_are_the_profiles_own)
{
	ck_assert(selects("service=shop,type=~\"cpu|wall\""));
	ck_assert(!selects("service!=shop"));
}
END_TEST

START_TEST(quotes_may_be_escaped)
{
	labels_clear(&labels);
	ck_assert_int_eq(labels_set(&labels, "a", 1, "x\"y\\", 4), 0);
	ck_assert(selects("a=\"x\\\"y\\\\\""));
}
END_TEST

START_TEST(what_is_wrong_is_refused_with_a_reason)
{
	static const char *const texts[] = {
		"a=~\"(\"", "a=~\"[\"", "a=~\"x{2,1}\"", "a=~\"(a)\\\\1\"", "a=~\"x\\\\\"",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct selector selector;
		char error[SELECTOR_ERROR_SIZE] = "";
		ck_assert_msg(selector_parse(&selector, texts[i], error) == -EINVAL,
			      "%s is understood", texts[i]);
		ck_assert_msg(!strncmp(error, "a regular expression: ", 22), "%s: %s", texts[i],
			      error);
	}
}
END_TEST

START_TEST(what_was_expected_is_said_and_where)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"{", "the closing } is missing at its end"},
		{"{region=\"eu\"", "the closing } is missing at its end"},
		{"{region=eu, ", "the closing } is missing at its end"},
		{"region=\"eu\"}", "there is no { for the } at byte 12, \"}\""},
		{"{a=1} b=2",
		 "nothing was expected behind the }, but there is more at byte 7, \"b=2\""},
		{"{a=1}}", "nothing was expected behind the }, but there is more at byte 6, \"}\""},
		{"{region=\"eu\" team=\"payments\"}",
		 "a comma was expected at byte 14, \"team=\"payments\"}\""},
		{"region=eu us", "a comma was expected at byte 11, \"us\""},
		{"{a=x;b=y}", "a comma was expected at byte 5, \";b=y}\""},
		{"a=x\"y\"", "a comma was expected at byte 4, \"\"y\"\""},
		{"a=\"x\"y", "a comma was expected at byte 6, \"y\""},
		{"a=~x{2}", "a comma was expected at byte 5, \"{2}\""},
		{"{region='eu'}", "a value has double quotes, not these, at byte 9, \"'eu'}\""},
		{"region=`eu`", "a value has double quotes, not these, at byte 8, \"`eu`\""},
		{"{region=}", "a value was expected, \"\" is the empty one, at byte 9, \"}\""},
		{"a==1", "a value was expected, \"\" is the empty one, at byte 3, \"=1\""},
		{"a=!b", "a value was expected, \"\" is the empty one, at byte 3, \"!b\""},
		{"a=", "a value was expected, \"\" is the empty one, at its end"},
		{"region", "a label, then =, !=, =~ or !~ was expected at byte 1, \"region\""},
		{"{a=1,region eq x}",
		 "a label, then =, !=, =~ or !~ was expected at byte 6, \"region eq x}\""},
		{"=eu", "a label, then =, !=, =~ or !~ was expected at byte 1, \"=eu\""},
		{"'a'=1", "a label, then =, !=, =~ or !~ was expected at byte 1, \"'a'=1\""},
		{"{{a=1}", "a label, then =, !=, =~ or !~ was expected at byte 2, \"{a=1}\""},
		{"a=\"x", "the closing \" is missing of the value at byte 3, \"\"x\""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct selector selector;
		char error[SELECTOR_ERROR_SIZE] = "";
		ck_assert_msg(selector_parse(&selector, rows[i].text, error) == -EINVAL,
			      "%s is understood", rows[i].text);
		ck_assert_str_eq(error, rows[i].error);
	}
}
END_TEST

START_TEST(too_much_is_refused)
{
	struct selector selector;
	char error[SELECTOR_ERROR_SIZE], text[PATTERN_TEXT_MAX + 64] = "";
	size_t len = 0;
	for (int i = 0; i <= SELECTOR_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "a%d=1,", i);
	ck_assert_int_eq(selector_parse(&selector, text, error), -EINVAL);
	strcpy(text, "a=~\"");
	memset(text + 4, 'x', PATTERN_TEXT_MAX + 1);
	strcpy(text + 5 + PATTERN_TEXT_MAX, "\"");
	ck_assert_int_eq(selector_parse(&selector, text, error), -EINVAL);
}
END_TEST

START_TEST(what_costs_too_much_ends)
{
	struct selector selector;
	char error[SELECTOR_ERROR_SIZE];
	ck_assert_int_eq(selector_parse(&selector, "host=~\"(.*.*)*x\",region!~us", error), 0);
	selector.budget = 10;
	ck_assert_int_eq(selector_matches(&selector, "shop", "cpu", &labels), -ETIME);
	ck_assert_int_eq(selector_matches(&selector, "shop", "cpu", &labels), -ETIME);
	selector_clear(&selector);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("selector");
	TCase *test = tcase_create("selector");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, the_four_operators_work);
	tcase_add_test(test, a_pattern_matches_the_whole_value);
	tcase_add_test(test, an_absent_label_is_empty);
	tcase_add_test(test, service_and_type_are_the_profiles_own);
	tcase_add_test(test, quotes_may_be_escaped);
	tcase_add_test(test, what_is_wrong_is_refused_with_a_reason);
	tcase_add_test(test, what_was_expected_is_said_and_where);
	tcase_add_test(test, too_much_is_refused);
	tcase_add_test(test, what_costs_too_much_ends);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
