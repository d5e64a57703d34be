/* SPDX-License-Identifier: Apache-2.0 */
/* top_command_test.c -- the words "conprofd top", and what is said when they are wrong. */
#include "collector/top_command.h"
#include "test/unit/suite.h"

#include <check.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXAMPLE "test/fuzz/corpus/view/example.pb.gz"
#define CUT	"test/fuzz/corpus/view/cut.pb.gz"

/* What the command wrote; each test has a process of its own. */
static struct {
	char text[2][8192];
} output;

/* Lets a stream write to a temporary file. Returns a second way to read it. */
static FILE *redirect(FILE *stream)
{
	FILE *file = tmpfile();
	ck_assert_ptr_nonnull(file);
	fflush(stream);
	ck_assert_int_ge(dup2(fileno(file), fileno(stream)), 0);
	return file;
}

static int run(const char *first, const char *second, const char *third)
{
	char *argv[] = {"top", (char *)first, (char *)second, (char *)third, NULL};
	FILE *files[] = {redirect(stdout), redirect(stderr)};
	int argc = 1;
	while (argv[argc])
		argc++;
	optind = 0; /* glibc: begin anew */
	memset(&output, 0, sizeof(output));
	int status = top_command(argc, argv);
	fflush(stdout);
	for (size_t i = 0; i < 2; i++) {
		rewind(files[i]);
		fread(output.text[i], 1, sizeof(output.text[i]) - 1, files[i]);
		fclose(files[i]);
	}
	return status;
}

static void expect_wrote(size_t stream, const char *part)
{
	ck_assert_msg(strstr(output.text[stream], part), "'%s' is not in '%s'", part,
		      output.text[stream]);
}

START_TEST(a_profile_is_shown)
{
	setenv("LC_ALL", "C", 1);
	ck_assert_int_eq(run(EXAMPLE, NULL, NULL), 0);
	expect_wrote(0, "Type:      cpu (nanoseconds), 40.00ms in 2 samples\n");
	expect_wrote(0, "75.00%  ##########  [libc.so.6+0x1234]\n");
	ck_assert_str_eq(output.text[1], "");
	setenv("LC_ALL", "C.UTF-8", 1);
	ck_assert_int_eq(run("--cum", "--type=samples", EXAMPLE), 0);
	expect_wrote(0, "100.00%  ██████████  main\n");
	ck_assert_int_eq(run("-n1", EXAMPLE, EXAMPLE), 0);
	expect_wrote(0, "Functions: 1 of 3, 75.00% of all\n");
	ck_assert_int_eq(run("--help", NULL, NULL), 0);
	expect_wrote(0, "Usage: conprofd top");
}
END_TEST

START_TEST(wrong_words_say_what_to_do_next)
{
	static const struct {
		const char *first, *second, *said;
	} cases[] = {
		{NULL, NULL, "which profile?"},
		{"--cum", NULL, "which profile?"},
		{"--sum", EXAMPLE, "unknown option --sum"},
		{"--type", NULL, "a value is missing after --type"},
		{"-n", "0", "from 1, not 0"},
		{"-n", "12x", "from 1, not 12x"},
		{"-n", "99999999999999999999", "from 1, not 99999999999999999999"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i].first, cases[i].second, NULL), 2);
		expect_wrote(1, cases[i].said);
		expect_wrote(1, "Try 'conprofd top --help'.");
		ck_assert_str_eq(output.text[0], "");
	}
}
END_TEST

START_TEST(bad_files_are_named)
{
	static const char *const cases[][2] = {
		{"no/such/file", "conprofd top: no/such/file: No such file or directory\n"},
		{"test", "conprofd top: test: Is a directory\n"},
		{"/dev/null", "conprofd top: /dev/null: empty\n"},
		{CUT, "conprofd top: " CUT ": corrupt or cut compression\n"},
		{"test/golden/top.txt", "conprofd top: test/golden/top.txt: not a pprof profile"},
		{"test/fuzz/corpus/view/twice.pb", "two profiles laid end to end"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(EXAMPLE, cases[i][0], NULL), 1);
		expect_wrote(1, cases[i][1]);
		ck_assert_str_eq(output.text[0], "");
	}
	ck_assert_int_eq(run("--type=heap", EXAMPLE, NULL), 1);
	expect_wrote(1,
		     EXAMPLE ": it has no sample type 'heap', only: samples/count cpu/nanoseconds");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("top_command");
	TCase *tcase = tcase_create("top_command");
	tcase_add_test(tcase, a_profile_is_shown);
	tcase_add_test(tcase, wrong_words_say_what_to_do_next);
	tcase_add_test(tcase, bad_files_are_named);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
