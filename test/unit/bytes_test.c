/* SPDX-License-Identifier: Apache-2.0 */
/* bytes_test.c -- what is written as protocol buffers want it is read back, and limits stick. */
#include "collector/bytes.h"

#include "collector/wire.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static const uint64_t numbers[] = {0,	    1,		127,	    128,	16383,	   16384,
				   1 << 21, 1ULL << 35, 1ULL << 56, 1ULL << 63, UINT64_MAX};

enum {
	NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
};

START_TEST(numbers_come_back)
{
	struct bytes bytes = {0};
	for (size_t i = 0; i < NUMBERS; i++)
		bytes_varint(&bytes, numbers[i]);
	struct wire wire = {bytes.at, bytes.at + bytes.size};
	ck_assert_uint_eq(wire_count(&wire), NUMBERS);
	for (size_t i = 0; i < NUMBERS; i++) {
		uint64_t value;
		ck_assert(wire_varint(&wire, &value));
		ck_assert_uint_eq(value, numbers[i]);
		ck_assert_int_eq(wire_unzigzag(wire_zigzag((int64_t)value)), (int64_t)value);
	}
	ck_assert_ptr_eq(wire.at, wire.end);
	bytes_free(&bytes);
}
END_TEST

START_TEST(fields_come_back)
{
	struct bytes bytes = {0};
	struct wire_field field;
	bytes_number(&bytes, 3, 300);
	bytes_number(&bytes, 4, 0); /* which is not written */
	bytes_field(&bytes, 5000, "text", 4);
	struct wire wire = {bytes.at, bytes.at + bytes.size};
	ck_assert(wire_field(&wire, &field));
	ck_assert_uint_eq(field.number, 3);
	ck_assert_uint_eq(field.value, 300);
	ck_assert(wire_field(&wire, &field));
	ck_assert_uint_eq(field.number, 5000);
	ck_assert_uint_eq(field.type, WIRE_BYTES);
	ck_assert_uint_eq(field.value, 0);
	ck_assert_mem_eq(field.body.at, "text", 4);
	ck_assert_ptr_eq(wire.at, wire.end);
	bytes_free(&bytes);
}
END_TEST

/* By words and by bytes, wherever a number ends. */
START_TEST(runs_of_any_length_are_counted)
{
	uint8_t run[64];
	for (size_t size = 0; size < sizeof(run); size++) {
		size_t count = 0;
		for (size_t i = 0; i < size; i++) {
			run[i] = (i * 7 + size) % 3 ? 0x85 : 0x05;
			count += run[i] < 0x80;
		}
		ck_assert_uint_eq(wire_count(&(struct wire){run, run + size}), count);
	}
}
END_TEST

START_TEST(the_first_failure_sticks)
{
	struct bytes bytes = {.max = 10000};
	char block[6000] = "";
	bytes_put(&bytes, block, sizeof(block));
	ck_assert_int_eq(bytes.error, 0);
	bytes_put(&bytes, block, sizeof(block));
	ck_assert_int_eq(bytes.error, -EFBIG);
	bytes_varint(&bytes, 1);
	bytes_put(&bytes, block, 1);
	ck_assert_uint_eq(bytes.size, sizeof(block));
	bytes_clear(&bytes);
	bytes_varint(&bytes, 1);
	ck_assert_uint_eq(bytes.size, 1);
	ck_assert_int_eq(bytes.error, 0);
	bytes_free(&bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bytes");
	TCase *tcase = tcase_create("bytes");
	tcase_add_test(tcase, numbers_come_back);
	tcase_add_test(tcase, fields_come_back);
	tcase_add_test(tcase, runs_of_any_length_are_counted);
	tcase_add_test(tcase, the_first_failure_sticks);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
