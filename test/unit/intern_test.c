/* SPDX-License-Identifier: Apache-2.0 */
/* intern_test.c -- a table in which equal rows are one row. */
#include "encoder/intern.h"
#include "test/unit/suite.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

START_TEST(equal_rows_are_one_row)
{
	struct intern t = {0};
	ck_assert_uint_eq(intern_find(&t, "a", 1), INTERN_NONE);
	ck_assert_uint_eq(intern_add(&t, "a", 1), 0);
	ck_assert_uint_eq(intern_add(&t, "ab", 2), 1);
	ck_assert_uint_eq(intern_add(&t, "a", 1), 0);
	ck_assert_uint_eq(intern_add(&t, "", 0), 2);
	ck_assert_uint_eq(intern_add(&t, "a\0", 2), 3);
	ck_assert_uint_eq(intern_find(&t, "ab", 2), 1);
	ck_assert_uint_eq(intern_find(&t, "b", 1), INTERN_NONE);
	ck_assert_uint_eq(t.count, 4);
	intern_clear(&t);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_uint_eq(intern_add(&t, "b", 1), 0);
	intern_clear(&t);
}
END_TEST

START_TEST(rows_are_numbered_as_they_come_and_survive_growth)
{
	enum { COUNT = 50000 };
	struct intern t = {0};
	char text[32];
	for (unsigned round = 0; round < 2; round++)
		for (uint32_t i = 0; i < COUNT; i++) {
			int len = snprintf(text, sizeof(text), "row %u", i * 7919);
			ck_assert_uint_eq(intern_add(&t, text, (size_t)len), i);
		}
	ck_assert_uint_eq(t.count, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		int len = snprintf(text, sizeof(text), "row %u", i * 7919);
		ck_assert_int_eq(memcmp(intern_at(&t, i), text, (size_t)len), 0);
	}
	intern_clear(&t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("intern");
	TCase *tcase = tcase_create("intern");
	tcase_add_test(tcase, equal_rows_are_one_row);
	tcase_add_test(tcase, rows_are_numbered_as_they_come_and_survive_growth);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
