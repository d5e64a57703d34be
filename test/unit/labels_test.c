/* SPDX-License-Identifier: Apache-2.0 */
/* labels_test.c -- labels, their text form, and what they are refused for. */
#include "collector/labels.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct labels labels;

static void tear_down(void)
{
	labels_clear(&labels);
}

static void is_written(const char *wanted)
{
	char *text = labels_write(&labels);
	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(they_are_sorted_and_the_last_of_a_key_holds)
{
	ck_assert_int_eq(labels_parse(&labels, "b=2, a=1 ,b=3,c"), 0);
	ck_assert_uint_eq(labels.count, 3);
	ck_assert_str_eq(labels_get(&labels, "b"), "3");
	ck_assert_str_eq(labels_get(&labels, "c"), "");
	ck_assert_ptr_null(labels_get(&labels, "d"));
	is_written("a=1,b=3,c=");
	labels_remove(&labels, "b");
	labels_remove(&labels, "b");
	is_written("a=1,c=");
}
END_TEST

START_TEST(text_is_read_back_as_it_was)
{
	ck_assert_int_eq(labels_set(&labels, "k,=%", 4, "v=,%+ \n", 7), 0);
	char *text = labels_write(&labels);
	struct labels back = {0};
	ck_assert_int_eq(labels_parse(&back, text), 0);
	ck_assert_uint_eq(back.count, 1);
	ck_assert_str_eq(back.at[0].key, labels.at[0].key);
	ck_assert_str_eq(back.at[0].value, labels.at[0].value);
	labels_clear(&back);
	free(text);
}
END_TEST

START_TEST(escapes_are_decoded_and_broken_ones_refused)
{
	ck_assert_int_eq(labels_parse(&labels, "a%2Cb=c%3Dd+e,=x,%20=y"), 0);
	ck_assert_str_eq(labels_get(&labels, "a,b"), "c=d e");
	ck_assert_str_eq(labels_get(&labels, " "), "y");
	ck_assert_int_eq(labels_parse(&labels, "a=%zz"), -EINVAL);
	ck_assert_int_eq(labels_parse(&labels, "a%=1"), -EINVAL);
}
END_TEST

START_TEST(what_is_no_text_becomes_text)
{
	ck_assert_int_eq(labels_set(&labels, "k\xff", 2, "a\0b", 3), 0);
	ck_assert_str_eq(labels.at[0].key, "k\xef\xbf\xbd");
	ck_assert_str_eq(labels.at[0].value, "a\xef\xbf\xbd"
					     "b");
}
END_TEST

START_TEST(too_long_and_too_many_are_refused)
{
	char text[3 * LABEL_VALUE_MAX];
	memset(text, 'x', sizeof text);
	ck_assert_int_eq(labels_set(&labels, "", 0, "v", 1), -EINVAL);
	ck_assert_int_eq(labels_set(&labels, text, LABEL_KEY_MAX + 1, "v", 1), -E2BIG);
	ck_assert_int_eq(labels_set(&labels, "k", 1, text, LABEL_VALUE_MAX + 1), -E2BIG);
	ck_assert_int_eq(labels_set(&labels, "k", 1, text, LABEL_VALUE_MAX), 0);
	memset(text, 0xff, sizeof text); /* three times as long when it is made text */
	ck_assert_int_eq(labels_set(&labels, "l", 1, text, LABEL_VALUE_MAX), -E2BIG);
	for (int i = 1; i < LABELS_MAX; i++) {
		char key[8];
		int len = snprintf(key, sizeof key, "%d", i);
		ck_assert_int_eq(labels_set(&labels, key, (size_t)len, "", 0), 0);
	}
	ck_assert_int_eq(labels_set(&labels, "one", 3, "", 0), -E2BIG);
	ck_assert_int_eq(labels_set(&labels, "1", 1, "new", 3), 0);
}
END_TEST

START_TEST(all_wanted_ones_must_be_there)
{
	struct labels wanted = {0};
	ck_assert_int_eq(labels_parse(&labels, "a=1,b=2"), 0);
	ck_assert(labels_include(&labels, &wanted));
	ck_assert_int_eq(labels_parse(&wanted, "b=2"), 0);
	ck_assert(labels_include(&labels, &wanted));
	ck_assert_int_eq(labels_parse(&wanted, "a=2"), 0);
	ck_assert(!labels_include(&labels, &wanted));
	labels_clear(&wanted);
	ck_assert_int_eq(labels_parse(&wanted, "c="), 0);
	ck_assert(!labels_include(&labels, &wanted));
	labels_clear(&wanted);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("labels");
	TCase *test = tcase_create("labels");
	tcase_add_checked_fixture(test, NULL, tear_down);
	tcase_add_test(test, they_are_sorted_and_the_last_of_a_key_holds);
	tcase_add_test(test, text_is_read_back_as_it_was);
	tcase_add_test(test, escapes_are_decoded_and_broken_ones_refused);
	tcase_add_test(test, what_is_no_text_becomes_text);
	tcase_add_test(test, too_long_and_too_many_are_refused);
	tcase_add_test(test, all_wanted_ones_must_be_there);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
