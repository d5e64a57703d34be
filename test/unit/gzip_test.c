/* SPDX-License-Identifier: Apache-2.0 */
/* gzip_test.c -- bytes into gzip and back, in bounded memory. */
#include "encoder/gzip.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIZE = 300000,
};

static uint8_t *original, *packed;
static size_t packed_size;

/* Half noise, half runs. */
static void setup(void)
{
	uint32_t noise = 1;
	original = malloc(SIZE);
	for (size_t i = 0; i < SIZE; i++) {
		noise = noise * 1664525 + 1013904223;
		original[i] = i & 4096 ? noise >> 24 : i >> 8;
	}
	ck_assert_int_eq(gzip_deflate(original, SIZE, &packed, &packed_size), 0);
}

static void teardown(void)
{
	free(original);
	free(packed);
}

/* The error of inflating, whose output must not be touched. */
static int inflate_error(const void *bytes, size_t size, size_t limit)
{
	uint8_t *out = (uint8_t *)"untouched";
	size_t out_size = 77;
	int error = gzip_inflate(bytes, size, limit, &out, &out_size);
	ck_assert_uint_eq(out_size, 77);
	return error;
}

static void expect_original(const uint8_t *bytes, size_t size, size_t limit, size_t times)
{
	uint8_t *out;
	size_t out_size;
	ck_assert_int_eq(gzip_inflate(bytes, size, limit, &out, &out_size), 0);
	ck_assert_uint_eq(out_size, SIZE * times);
	for (size_t i = 0; i < times; i++)
		ck_assert_int_eq(memcmp(out + i * SIZE, original, SIZE), 0);
	free(out);
}

START_TEST(what_goes_in_comes_out)
{
	ck_assert_uint_lt(packed_size, SIZE);
	expect_original(packed, packed_size, SIZE, 1);
	expect_original(packed, packed_size, SIZE_MAX, 1);
}
END_TEST

START_TEST(pieces_of_any_size_make_one_stream)
{
	static const size_t steps[] = {1, 4095, 4096, 4097, 100000};
	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		struct gzip *g = gzip_create();
		uint8_t *bytes;
		size_t size;
		for (size_t at = 0; at < SIZE; at += steps[s])
			gzip_append(g, original + at, at + steps[s] < SIZE ? steps[s] : SIZE - at);
		ck_assert_int_eq(gzip_finish(g, &bytes, &size), 0);
		expect_original(bytes, size, SIZE, 1);
		free(bytes);
		gzip_destroy(g);
	}
}
END_TEST

START_TEST(nothing_is_a_valid_stream)
{
	uint8_t *bytes, *out;
	size_t size, out_size;
	ck_assert_int_eq(gzip_deflate("", 0, &bytes, &size), 0);
	ck_assert_int_eq(gzip_inflate(bytes, size, 0, &out, &out_size), 0);
	ck_assert_uint_eq(out_size, 0);
	free(out);
	free(bytes);
}
END_TEST

START_TEST(several_members_are_joined)
{
	uint8_t *three = malloc(packed_size * 3);
	for (size_t i = 0; i < 3; i++)
		memcpy(three + i * packed_size, packed, packed_size);
	expect_original(three, packed_size * 3, (size_t)SIZE * 3, 3);
	ck_assert_int_eq(inflate_error(three, packed_size * 3, (size_t)SIZE * 3 - 1), -EFBIG);
	free(three);
}
END_TEST

START_TEST(more_than_the_limit_is_refused)
{
	ck_assert_int_eq(inflate_error(packed, packed_size, SIZE - 1), -EFBIG);
	ck_assert_int_eq(inflate_error(packed, packed_size, 1), -EFBIG);
	ck_assert_int_eq(inflate_error(packed, packed_size, 0), -EFBIG);
}
END_TEST

START_TEST(a_cut_stream_is_refused_wherever_it_is_cut)
{
	for (size_t size = 0; size < packed_size;
	     size += size < 64 || size + 64 > packed_size ? 1 : 997)
		ck_assert_int_eq(inflate_error(packed, size, SIZE_MAX), -EBADMSG);
	ck_assert_int_eq(inflate_error(packed, packed_size - 1, SIZE), -EBADMSG);
}
END_TEST

START_TEST(a_corrupt_stream_is_refused)
{
	packed[packed_size - 5] ^= 1; /* the checksum */
	ck_assert_int_eq(inflate_error(packed, packed_size, SIZE), -EBADMSG);
	packed[packed_size - 5] ^= 1;
	packed[1] ^= 1; /* the magic */
	ck_assert_int_eq(inflate_error(packed, packed_size, SIZE), -EBADMSG);
}
END_TEST

START_TEST(anything_behind_the_last_member_is_refused)
{
	uint8_t *more = calloc(1, packed_size + 20);
	memcpy(more, packed, packed_size);
	for (size_t extra = 1; extra <= 20; extra++)
		ck_assert_int_eq(inflate_error(more, packed_size + extra, SIZE), -EBADMSG);
	free(more);
}
END_TEST

START_TEST(a_stream_ends_once)
{
	struct gzip *g = gzip_create();
	uint8_t *bytes;
	size_t size;
	ck_assert_int_eq(gzip_finish(g, &bytes, &size), 0);
	free(bytes);
	ck_assert_int_eq(gzip_finish(g, &bytes, &size), -EINVAL);
	gzip_destroy(g);
	gzip_destroy(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gzip");
	TCase *tcase = tcase_create("gzip");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_goes_in_comes_out);
	tcase_add_test(tcase, pieces_of_any_size_make_one_stream);
	tcase_add_test(tcase, nothing_is_a_valid_stream);
	tcase_add_test(tcase, several_members_are_joined);
	tcase_add_test(tcase, more_than_the_limit_is_refused);
	tcase_add_test(tcase, a_cut_stream_is_refused_wherever_it_is_cut);
	tcase_add_test(tcase, a_corrupt_stream_is_refused);
	tcase_add_test(tcase, anything_behind_the_last_member_is_refused);
	tcase_add_test(tcase, a_stream_ends_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
