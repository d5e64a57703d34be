/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_test.c -- regular expressions: they mean what those of the C library mean, and cost what
 * they may.
 */
#include "collector/pattern.h"
#include "test/unit/suite.h"

#include <check.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool matches(const char *text, const char *value)
{
	const char *wrong = NULL;
	uint64_t budget = UINT64_MAX;
	struct pattern *pattern = pattern_compile(text, &wrong);
	ck_assert_msg(pattern != NULL, "%s: %s", text, wrong);
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
		{"web-[0-9]+", "web-17", "web-"},
		{"a|bc", "bc", "abc"},
		{"a|", "", "b"},
		{"(a|b)*c?", "abba", "abcc"},
		{"x{3}", "xxx", "xx"},
		{"x{2,}", "xxxxx", "x"},
		{"x{1,3}y", "xxxy", "xxxxy"},
		{"(ab){0,2}", "abab", "ababab"},
		{"x{0}y", "y", "xy"},
		{"[^a-c]", "d", "b"},
		{"[]a-]+", "]-a", "b"},
		{"[[:alpha:]_]+", "a_Z", "1"},
		{"\\d\\s\\w", "1 _", "1 -"},
		{"\\D\\S\\W", "ab-", "1b-"},
		{"a\\.b", "a.b", "axb"},
		{"^web$", "web", "webs"},
		{"a^b|c", "c", "ab"},
		{"((a*)*)*b", "aab", "aa"},
		{".*", "\xc3\xa4", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(matches(rows[i].text, rows[i].yes), "%s", rows[i].text);
		ck_assert_msg(!rows[i].no || !matches(rows[i].text, rows[i].no), "%s",
			      rows[i].text);
	}
}
END_TEST

START_TEST(what_is_none_is_refused)
{
	static const char *const texts[] = {
		"(",
		"a)",
		"[a",
		"[",
		"*a",
		"a|*",
		"+",
		"{2}",
		"a{2",
		"a{3,2}",
		"a{256}",
		"a{}",
		"a{,2}",
		"(a)\\1",
		"\\",
		"[[:x:]]",
		"[[:alpha:",
		"[[=a=]]",
		"[b-a]",
		"\\q",
		"(a{200}){200}",
		"a{2}{2}{2}{2}{2}{2}{2}{2}{2}{2}{2}{2}",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *wrong = NULL;
		ck_assert_msg(!pattern_compile(texts[i], &wrong), "%s is taken", texts[i]);
		ck_assert_ptr_nonnull(wrong);
	}
	char deep[70] = "";
	memset(deep, '(', 34);
	memset(deep + 34, ')', 34);
	const char *wrong = NULL;
	ck_assert_ptr_null(pattern_compile(deep, &wrong));
	ck_assert_str_eq(wrong, "groups are nested too deeply");
}
END_TEST

/* Any pattern of a few signs, valid or not. */
static void make_pattern(char *text, unsigned *seed)
{
	static const char *const parts[] = {"a", "b",	  ".",	    "[ab]", "[^a]", "(",
					    ")", "|",	  "*",	    "+",    "?",    "(a|b)",
					    "(", "{1,2}", "a{0,2}", ")*",   "b",    "(ab)?"};
	text[0] = '\0';
	for (int i = rand_r(seed) % 9; i >= 0; i--)
		strcat(text, parts[(size_t)rand_r(seed) % (sizeof(parts) / sizeof(parts[0]))]);
}

/* Those that both can read mean the same. The C library takes some more, such as "a|*b". */
START_TEST(it_agrees_with_the_c_library)
{
	unsigned seed = 1;
	size_t compared = 0;
	for (int i = 0; i < 20000; i++) {
		char text[128], whole[160];
		const char *wrong;
		regex_t regex;
		make_pattern(text, &seed);
		struct pattern *pattern = pattern_compile(text, &wrong);
		snprintf(whole, sizeof whole, "^(%s)$", text);
		if (!pattern)
			continue;
		ck_assert_msg(!regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB), "%s", text);
		for (int bits = 0; bits < 31; bits++) {
			char value[6];
			uint64_t budget = UINT64_MAX;
			int len = 0;
			for (int rest = bits + 1; rest > 1; rest /= 2)
				value[len++] = rest % 2 ? 'a' : 'b';
			value[len] = '\0';
			bool wanted = regexec(&regex, value, 0, NULL, 0) == 0;
			ck_assert_msg(pattern_matches(pattern, value, &budget) == wanted,
				      "%s and '%s'", text, value);
			compared++;
		}
		regfree(&regex);
		pattern_free(pattern);
	}
	ck_assert_uint_gt(compared, 50000);
}
END_TEST

/* 40 groups that may each be left out, of a value of 2000 bytes: 10^12 ways for who tries them. */
START_TEST(no_pattern_costs_more_than_its_steps_times_the_bytes)
{
	static const char *const texts[] = {"(a*)*b", "((a+)+)+b", "(.*.*.*.*.*.*)*b",
					    "(a|a?|aa)*(a{1,50}){1,9}b"};
	char value[2001];
	memset(value, 'a', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *wrong;
		uint64_t budget = UINT64_MAX;
		struct pattern *pattern = pattern_compile(texts[i], &wrong);
		ck_assert_msg(pattern != NULL, "%s: %s", texts[i], wrong);
		ck_assert(!pattern_matches(pattern, value, &budget));
		ck_assert_uint_lt(UINT64_MAX - budget, 2 * (uint64_t)PATTERN_STEPS_MAX * 2001);
		budget = 100;
		ck_assert(!pattern_matches(pattern, value, &budget));
		ck_assert_uint_eq(budget, 0);
		pattern_free(pattern);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *test = tcase_create("pattern");
	tcase_add_test(test, a_pattern_is_what_it_says);
	tcase_add_test(test, what_is_none_is_refused);
	tcase_add_test(test, it_agrees_with_the_c_library);
	tcase_add_test(test, no_pattern_costs_more_than_its_steps_times_the_bytes);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
