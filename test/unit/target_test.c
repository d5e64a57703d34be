/* SPDX-License-Identifier: Apache-2.0 */
/* target_test.c -- URLs that are targets, and those that are not. */
#include "transport/target.h"
#include "test/unit/suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	enum target_kind kind;
	const char *name, *url, *path, *user, *password;
} good[] = {
	{"unix:///var/run/blackfire/agent.sock", TARGET_AGENT,
	 "unix:///var/run/blackfire/agent.sock", "http://localhost/profiling/v1/input",
	 "/var/run/blackfire/agent.sock", "", ""},
	{"unix:///a/b///", TARGET_AGENT, "unix:///a/b", "http://localhost/profiling/v1/input",
	 "/a/b", "", ""},
	{"tcp://127.0.0.1:8307", TARGET_AGENT, "tcp://127.0.0.1:8307",
	 "http://127.0.0.1:8307/profiling/v1/input", "", "", ""},
	{"tcp://agent", TARGET_AGENT, "tcp://agent", "http://agent:8307/profiling/v1/input", "", "",
	 ""},
	{"http://h/", TARGET_AGENT, "http://h", "http://h:80/profiling/v1/input", "", "", ""},
	{"HTTPS://h.example//", TARGET_AGENT, "HTTPS://h.example",
	 "https://h.example:443/profiling/v1/input", "", "", ""},
	{"http://h:1/x/", TARGET_AGENT, "http://h:1/x", "http://h:1/x/profiling/v1/input", "", "",
	 ""},
	{"http://h/profiling/v1/input", TARGET_AGENT, "http://h/profiling/v1/input",
	 "http://h:80/profiling/v1/input", "", "", ""},
	{"http://[::1]:8126/a%20b", TARGET_AGENT, "http://[::1]:8126/a%20b",
	 "http://[::1]:8126/a%20b/profiling/v1/input", "", "", ""},
	{"https://[fe80::1]", TARGET_AGENT, "https://[fe80::1]",
	 "https://[fe80::1]:443/profiling/v1/input", "", "", ""},
	{"https://id:to%2Cken@h:5", TARGET_AGENT, "https://h:5", "https://h:5/profiling/v1/input",
	 "", "id", "to,ken"},
	{"tcp://id:a@b:c@h", TARGET_AGENT, "tcp://h", "http://h:8307/profiling/v1/input", "", "id",
	 "a@b:c"},
	{"unix://id:token@/s", TARGET_AGENT, "unix:///s", "http://localhost/profiling/v1/input",
	 "/s", "id", "token"},
	{"file:///var/lib/profiles/", TARGET_FILE, "file:///var/lib/profiles", "",
	 "/var/lib/profiles", "", ""},
	{"file:///a%20b%2Cc", TARGET_FILE, "file:///a%20b%2Cc", "", "/a b,c", "", ""},
};

START_TEST(good_urls_are_taken_apart)
{
	struct target target;
	ck_assert_ptr_null(target_parse(&target, good[_i].text, strlen(good[_i].text)));
	ck_assert_int_eq(target.kind, good[_i].kind);
	ck_assert_str_eq(target.name, good[_i].name);
	ck_assert_str_eq(target.url, good[_i].url);
	ck_assert_str_eq(target.path, good[_i].path);
	ck_assert_str_eq(target.user, good[_i].user);
	ck_assert_str_eq(target.password, good[_i].password);
}
END_TEST

static const struct {
	const char *text;
	const char *why; /* is in the error */
} bad[] = {
	{"", "looks like"},
	{"/var/run/agent.sock", "looks like"},
	{"://h", "schemes are"},
	{"ftp://h", "schemes are"},
	{"profefe+http://h", "schemes are"},
	{"httpx://h", "schemes are"},
	{"http://", "no host"},
	{"http:///x", "no host"},
	{"http://:80", "no host"},
	{"http://a b", "blanks"},
	{"http://a\r\nb", "control"},
	{"http://a\tb", "blanks"},
	{"http://h:0", "port"},
	{"http://h:65536", "port"},
	{"http://h:99999999999999999999", "port"},
	{"http://h:8x", "port"},
	{"http://h:-1", "port"},
	{"http://::1", "no host"},
	{"http://[::1", "no host"},
	{"http://[::1]x:80", "no host"},
	{"http://[]:80", "no host"},
	{"http://[127.0.0.1]", "no host"},
	{"http://h%41", "no host"},
	{"http://h\"x", "no host"},
	{"http://h/x%4", "percent"},
	{"http://h/%zz", "percent"},
	{"http://h/x?y=1", "query"},
	{"http://h/x#y", "query"},
	{"http://user@h", "user:password"},
	{"http://user:@h", "both"},
	{"http://:password@h", "both"},
	{"http://us%3Aer:p@h", "colon"},
	{"http://user:pass%0Aword@h", "control"},
	{"unix://relative/path", "absolute"},
	{"unix://", "absolute"},
	{"unix:///a%00b", "control"},
	{"file://host/path", "absolute"},
	{"file:///a%0ab", "control"},
};

START_TEST(bad_urls_are_refused_with_the_reason)
{
	struct target target;
	const char *error = target_parse(&target, bad[_i].text, strlen(bad[_i].text));
	ck_assert_msg(error && strstr(error, bad[_i].why), "%s: %s", bad[_i].text,
		      error ? error : "taken");
}
END_TEST

START_TEST(nul_inside_is_refused)
{
	struct target target;
	ck_assert_ptr_nonnull(target_parse(&target, "http://h\0x", 10));
}
END_TEST

START_TEST(socket_path_has_at_most_107_bytes)
{
	struct target target;
	char text[128] = "unix:///";
	memset(text + 8, 'x', 106);
	ck_assert_ptr_null(target_parse(&target, text, strlen(text)));
	ck_assert_uint_eq(strlen(target.path), 107);
	strcat(text, "x");
	ck_assert_ptr_nonnull(strstr(target_parse(&target, text, strlen(text)), "107"));
}
END_TEST

START_TEST(long_urls_are_refused)
{
	struct target target;
	static char text[70000] = "http://h/";
	for (size_t len = 900; len < sizeof text; len = len * 5 / 4) {
		memset(text + 9, 'x', len - 9);
		const char *error = target_parse(&target, text, len);
		if (len >= TARGET_URL_SIZE - 40)
			ck_assert_ptr_nonnull(error);
	}
	for (size_t i = 0; i < 8; i++)
		text[i] = "file:///"[i];
	ck_assert_ptr_nonnull(target_parse(&target, text, 1025));
}
END_TEST

START_TEST(list_keeps_good_entries_and_tells_the_first_bad_one)
{
	struct target targets[TARGET_COUNT_MAX];
	const char *error;
	const char *text = " unix:///s , ,ftp://x,nonsense,file:///d,";
	ck_assert_uint_eq(target_parse_list(targets, text, strlen(text), &error), 2);
	ck_assert_str_eq(targets[0].path, "/s");
	ck_assert_str_eq(targets[1].path, "/d");
	ck_assert_ptr_nonnull(strstr(error, "schemes are"));
	ck_assert_uint_eq(target_parse_list(targets, "", 0, &error), 0);
	ck_assert_ptr_nonnull(error);
	ck_assert_uint_eq(target_parse_list(targets, ", ,", 3, &error), 0);
	ck_assert_ptr_nonnull(error);
}
END_TEST

START_TEST(list_has_at_most_eight_targets)
{
	struct target targets[TARGET_COUNT_MAX];
	const char *error;
	char text[256] = "";
	for (int i = 0; i < 8; i++)
		strcat(text, "tcp://host,");
	ck_assert_uint_eq(target_parse_list(targets, text, strlen(text), &error), 8);
	ck_assert_ptr_null(error);
	strcat(text, "tcp://host");
	ck_assert_uint_eq(target_parse_list(targets, text, strlen(text), &error), 8);
	ck_assert_ptr_nonnull(error);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("target");
	TCase *tests = tcase_create("target");
	tcase_add_loop_test(tests, good_urls_are_taken_apart, 0, (int)(sizeof good / sizeof *good));
	tcase_add_loop_test(tests, bad_urls_are_refused_with_the_reason, 0,
			    (int)(sizeof bad / sizeof *bad));
	tcase_add_test(tests, nul_inside_is_refused);
	tcase_add_test(tests, socket_path_has_at_most_107_bytes);
	tcase_add_test(tests, long_urls_are_refused);
	tcase_add_test(tests, list_keeps_good_entries_and_tells_the_first_bad_one);
	tcase_add_test(tests, list_has_at_most_eight_targets);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
