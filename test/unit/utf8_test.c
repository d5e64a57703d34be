/* SPDX-License-Identifier: Apache-2.0 */
/* utf8_test.c -- bytes of any origin become text that every reader takes. */
#include "encoder/utf8.h"
#include "test/unit/suite.h"

#include <check.h>
#include <string.h>

#define BAD "\xef\xbf\xbd"

static void expect_clean(const char *bytes, size_t len, const char *wanted)
{
	char out[64];
	size_t size = utf8_clean(out, sizeof(out), bytes, len);
	ck_assert_str_eq(out, wanted);
	ck_assert_uint_eq(size, strlen(wanted));
}

#define EXPECT(literal, wanted) expect_clean(literal, sizeof(literal) - 1, wanted)

START_TEST(well_formed_text_stays)
{
	EXPECT("", "");
	EXPECT("main", "main");
	EXPECT("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa5",
	       "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\xa5");
	EXPECT("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"); /* around the surrogates */
	EXPECT("\xf4\x8f\xbf\xbf\xc2\xa0", "\xf4\x8f\xbf\xbf\xc2\xa0"); /* U+10FFFF, U+00A0 */
}
END_TEST

START_TEST(overlong_forms_are_replaced)
{
	EXPECT("\xc0\x80", BAD BAD);
	EXPECT("\xc1\xbf", BAD BAD);
	EXPECT("\xe0\x9f\xbf", BAD BAD BAD);
	EXPECT("\xf0\x8f\xbf\xbf", BAD BAD BAD BAD);
}
END_TEST

START_TEST(surrogates_and_beyond_are_replaced)
{
	EXPECT("\xed\xa0\x80", BAD BAD BAD);
	EXPECT("\xf4\x90\x80\x80", BAD BAD BAD BAD);
	EXPECT("\xf5\x80\x80\x80", BAD BAD BAD BAD);
	EXPECT("\xff\xfe", BAD BAD);
}
END_TEST

START_TEST(cut_characters_are_one_replacement)
{
	EXPECT("a\xe2\x82", "a" BAD);
	EXPECT("a\xf0\x9f\x94z", "a" BAD "z");
	EXPECT("\xc3", BAD);
	EXPECT("\x80z", BAD "z");
	EXPECT("\xe2\xe2\x82\xac", BAD "\xe2\x82\xac");
}
END_TEST

START_TEST(control_characters_are_replaced)
{
	EXPECT("a\0b", "a" BAD "b");
	EXPECT("\x1b[2J\n\x7f", BAD "[2J" BAD BAD);
	EXPECT("\xc2\x9bz", BAD "z"); /* CSI, as C1 has it */
}
END_TEST

START_TEST(a_short_buffer_ends_at_a_whole_character)
{
	for (size_t size = 1; size <= 8; size++) {
		char out[9];
		memset(out, 'x', sizeof(out));
		size_t len = utf8_clean(out, size, "a\xe2\x82\xac\xff", 5);
		ck_assert_uint_eq(len, size < 2 ? 0 : size < 5 ? 1 : size < 8 ? 4 : 7);
		ck_assert_uint_eq(strlen(out), len);
		ck_assert_int_eq(out[size], 'x');
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *tcase = tcase_create("utf8");
	tcase_add_test(tcase, well_formed_text_stays);
	tcase_add_test(tcase, overlong_forms_are_replaced);
	tcase_add_test(tcase, surrogates_and_beyond_are_replaced);
	tcase_add_test(tcase, cut_characters_are_one_replacement);
	tcase_add_test(tcase, control_characters_are_replaced);
	tcase_add_test(tcase, a_short_buffer_ends_at_a_whole_character);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
