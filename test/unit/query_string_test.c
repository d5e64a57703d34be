/* SPDX-License-Identifier: Apache-2.0 */
/* query_string_test.c -- what stands behind the ? of a URL. */
#include "collector/query_string.h"
#include "collector/percent.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

START_TEST(pairs_are_decoded)
{
	struct query_string query;
	ck_assert_int_eq(query_parse(&query, "a=1&b=x+y%2Bz&c&=d&labels=k%3Dv%2Cl%253D"), 0);
	ck_assert_str_eq(query_get(&query, "a"), "1");
	ck_assert_str_eq(query_get(&query, "b"), "x y+z");
	ck_assert_str_eq(query_get(&query, "c"), "");
	ck_assert_str_eq(query_get(&query, ""), "d");
	ck_assert_str_eq(query_get(&query, "labels"), "k=v,l%3D");
	ck_assert_str_eq(query_get(&query, "absent"), "");
	query_clear(&query);
}
END_TEST

START_TEST(the_first_of_equal_keys_holds)
{
	struct query_string query;
	ck_assert_int_eq(query_parse(&query, "a=1&a=2"), 0);
	ck_assert_str_eq(query_get(&query, "a"), "1");
	query_clear(&query);
}
END_TEST

START_TEST(bad_pairs_are_left_out)
{
	struct query_string query;
	ck_assert_int_eq(query_parse(&query, "a=%zz&b=%4&c=1;d=2&e=%00&&f=ok&%q=1"), 0);
	ck_assert_uint_eq(query.count, 1);
	ck_assert(query.has_nul);
	ck_assert_str_eq(query_get(&query, "f"), "ok");
	query_clear(&query);
	ck_assert_int_eq(query_parse(&query, NULL), 0);
	ck_assert_uint_eq(query.count, 0);
	query_clear(&query);
	ck_assert_int_eq(query_parse(&query, "a=%2500&b=1%000"), 0);
	ck_assert_uint_eq(query.count, 1);
	ck_assert(query.has_nul);
	query_clear(&query);
	ck_assert_int_eq(query_parse(&query, "a=%2500"), 0);
	ck_assert(!query.has_nul);
	query_clear(&query);
}
END_TEST

START_TEST(too_many_pairs_are_left_out)
{
	struct query_string query;
	char text[4096] = "";
	size_t len = 0;
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "k%d=%d&", i, i);
	ck_assert_int_eq(query_parse(&query, text), 0);
	ck_assert_uint_eq(query.count, QUERY_PAIRS_MAX);
	ck_assert_str_eq(query_get(&query, "k63"), "63");
	ck_assert_str_eq(query_get(&query, "k64"), "");
	query_clear(&query);
}
END_TEST

START_TEST(what_is_encoded_is_decoded_again)
{
	char text[256], escaped[768], back[768];
	for (int i = 1; i < 256; i++)
		text[i - 1] = (char)i;
	text[255] = '\0';
	size_t len = percent_encode(escaped, text, ",=");
	ck_assert_uint_eq(len, strlen(escaped));
	ck_assert_ptr_null(strchr(escaped, ','));
	ck_assert_ptr_null(strchr(escaped, '='));
	ck_assert_ptr_null(strchr(escaped, '\n'));
	ck_assert_int_eq(percent_decode(back, escaped, len, false), 0);
	ck_assert_str_eq(back, text);
	ck_assert_int_eq(percent_decode(back, "%4", 2, false), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query_string");
	TCase *test = tcase_create("query_string");
	tcase_add_test(test, pairs_are_decoded);
	tcase_add_test(test, the_first_of_equal_keys_holds);
	tcase_add_test(test, bad_pairs_are_left_out);
	tcase_add_test(test, too_many_pairs_are_left_out);
	tcase_add_test(test, what_is_encoded_is_decoded_again);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
