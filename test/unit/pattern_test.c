/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_test.c -- regular expressions: they mean what they say, and cost what they may. */
#include "collector/pattern.h"
#include "test/unit/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct pattern *compile(const char *text)
{
	char wrong[PATTERN_ERROR_SIZE];
	struct pattern *pattern = pattern_compile(text, wrong);
	ck_assert_msg(pattern != NULL, "%s: %s", text, wrong);
	return pattern;
}

static bool matches(const char *text, const char *value)
{
	uint64_t budget = UINT64_MAX;
	struct pattern *pattern = compile(text);
	bool same = pattern_matches(pattern, value, &budget);
	ck_assert_uint_gt(budget, 0);
	pattern_free(pattern);
	return same;
}

START_TEST(a_pattern_is_what_it_says)
{
	static const struct {
		const char *text, *yes, *no;
	} rows[] = {
		{"", "", "a"},
		{"web-[0-9]+", "web-17", "web-17 "},
		{"a|bc", "bc", "abc"},
		{"(a|b)*c?", "abba", "abcc"},
		{"x{1,3}y", "xxxy", "xxxxy"},
		{"[[:alpha:]_]+", "a_Z", "1"},
		{"\\d\\s\\w", "1 _", "1 -"},
		{"a\\.b", "a.b", "axb"},
		{"^web$", "web", "web\n"},
		{"(?i)web", "WeB", "wet"},
		{".", "\xc3\xa4", "\xc3\xa4\xc3\xa4"},
		{".*", "a\nb", NULL},
		{"a.*", "a\xff", "\xff"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(matches(rows[i].text, rows[i].yes), "%s", rows[i].text);
		ck_assert_msg(!rows[i].no || !matches(rows[i].text, rows[i].no), "%s",
			      rows[i].text);
	}
}
END_TEST

static void is_refused(const char *text)
{
	char wrong[PATTERN_ERROR_SIZE] = "";
	ck_assert_msg(!pattern_compile(text, wrong), "%s is taken", text);
	ck_assert_str_ne(wrong, "");
}

START_TEST(what_is_none_or_too_large_is_refused)
{
	static const char *const texts[] = {
		"(",	  "a)", "[a",	   "*a",    "a{3,2}",
		"(a)\\1", "\\", "[[:x:]]", "[b-a]", "(((a|b){99}){99}){99}"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_refused(texts[i]);
	char deep[70] = "", longer[PATTERN_TEXT_MAX + 2] = "";
	memset(deep, '(', 34);
	memset(deep + 34, ')', 34);
	is_refused(deep);
	memset(longer, 'a', sizeof longer - 1);
	is_refused(longer);
}
END_TEST

/* 10^12 ways and more, for who tries them all. */
START_TEST(what_would_take_for_ever_is_given_up)
{
	static const char *const texts[] = {"(a*)*[bc]", "((a+)+)+[bc]", "(.*.*.*.*.*.*)*[bc]",
					    "(a|a?|aa)*(a{1,50}){1,9}[bc]"};
	char value[2001];
	memset(value, 'a', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint64_t budget = UINT64_MAX;
		struct pattern *pattern = compile(texts[i]);
		ck_assert(!pattern_matches(pattern, value, &budget));
		ck_assert_uint_eq(budget, 0);
		pattern_free(pattern);
	}
}
END_TEST

START_TEST(a_budget_ends)
{
	uint64_t budget = 1;
	struct pattern *pattern = compile("a+");
	ck_assert(!pattern_matches(pattern, "aaa", &budget));
	ck_assert_uint_eq(budget, 0);
	ck_assert(!pattern_matches(pattern, "aaa", &budget));
	pattern_free(pattern);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *test = tcase_create("pattern");
	tcase_add_test(test, a_pattern_is_what_it_says);
	tcase_add_test(test, what_is_none_or_too_large_is_refused);
	tcase_add_test(test, what_would_take_for_ever_is_given_up);
	tcase_add_test(test, a_budget_ends);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
