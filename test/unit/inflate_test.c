/* SPDX-License-Identifier: Apache-2.0 */
/* inflate_test.c -- what was uploaded becomes plain bytes, and bombs do not go off. */
#include "collector/inflate.h"

#include "encoder/gzip.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	SIZE = 300000,
	SIZE_MAX_BYTES = 1 << 20,
	RATIO_MAX = 100,
};

static struct inflate *inflate;
static uint8_t text[SIZE];

static void setup(void)
{
	uint32_t state = 1;
	inflate = inflate_create(SIZE_MAX_BYTES, RATIO_MAX);
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (uint8_t)("abcdefgh"[(state = state * 1664525 + 1013904223) >> 29]);
}

static void teardown(void)
{
	inflate_destroy(inflate);
}

static void expect(const void *bytes, size_t size, const void *plain, size_t plain_size)
{
	const uint8_t *out;
	size_t out_size;
	ck_assert_int_eq(inflate_open(inflate, bytes, size, &out, &out_size), 0);
	ck_assert_uint_eq(out_size, plain_size);
	ck_assert_int_eq(memcmp(out, plain, plain_size), 0);
}

static void expect_error(const void *bytes, size_t size, int error)
{
	const uint8_t *out;
	size_t out_size;
	ck_assert_int_eq(inflate_open(inflate, bytes, size, &out, &out_size), error);
}

static uint8_t *gzip(const void *bytes, size_t count, size_t *size)
{
	uint8_t *out;
	ck_assert_int_eq(gzip_deflate(bytes, count, &out, size), 0);
	return out;
}

static uint8_t *zstd(const void *bytes, size_t count, size_t *size)
{
	size_t most = ZSTD_compressBound(count);
	uint8_t *out = malloc(most);
	*size = ZSTD_compress(out, most, bytes, count, 3);
	return out;
}

START_TEST(gzip_zstd_and_plain_bytes_are_told_apart)
{
	size_t size;
	uint8_t *bytes = gzip(text, SIZE, &size);
	expect(bytes, size, text, SIZE);
	free(bytes);
	bytes = zstd(text, SIZE, &size);
	expect(bytes, size, text, SIZE);
	free(bytes);
	expect(text, SIZE, text, SIZE);
	expect("\x1f", 1, "\x1f", 1);
}
END_TEST

START_TEST(members_and_frames_follow_each_other)
{
	uint8_t *(*const pack[])(const void *, size_t, size_t *) = {gzip, zstd};
	for (size_t i = 0; i < 2; i++) {
		size_t one, two;
		uint8_t *first = pack[i](text, SIZE / 2, &one);
		uint8_t *second = pack[i](text + SIZE / 2, SIZE - SIZE / 2, &two);
		uint8_t *both = malloc(one + two);
		memcpy(both, first, one);
		memcpy(both + one, second, two);
		expect(both, one + two, text, SIZE);
		free(first);
		free(second);
		free(both);
	}
}
END_TEST

/* zstd writes no size when it does not know it, and a gzip's size may be a lie. */
START_TEST(sizes_that_are_unknown_or_wrong_are_found_out)
{
	size_t size, most = ZSTD_compressBound(SIZE);
	uint8_t *bytes = malloc(most);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
	size = ZSTD_compress2(context, bytes, most, text, SIZE);
	ZSTD_freeCCtx(context);
	expect(bytes, size, text, SIZE);
	free(bytes);
	bytes = gzip(text, SIZE, &size);
	memset(bytes + size - 4, 0, 4);
	expect_error(bytes, size, -EBADMSG);
	memset(bytes + size - 4, 0xff, 4);
	expect_error(bytes, size, -EBADMSG);
	free(bytes);
}
END_TEST

START_TEST(what_is_cut_off_or_followed_by_anything_is_refused)
{
	uint8_t *(*const pack[])(const void *, size_t, size_t *) = {gzip, zstd};
	for (size_t i = 0; i < 2; i++) {
		size_t size;
		uint8_t *bytes = pack[i](text, 200, &size);
		uint8_t *more = malloc(size + 1);
		memcpy(more, bytes, size);
		more[size] = 0;
		expect_error(more, size + 1, -EBADMSG);
		for (size_t cut = 4; cut < size; cut++)
			expect_error(bytes, cut, -EBADMSG);
		free(bytes);
		free(more);
	}
}
END_TEST

START_TEST(a_bomb_is_refused_by_size_and_by_ratio)
{
	enum { MANY = 16 << 20, SOME = 512 << 10, FEW = INFLATE_FREE };
	uint8_t *(*const pack[])(const void *, size_t, size_t *) = {gzip, zstd};
	uint8_t *zeros = calloc(1, MANY);
	for (size_t i = 0; i < 2; i++) {
		size_t size;
		uint8_t *bytes = pack[i](zeros, MANY, &size);
		expect_error(bytes, size, -EFBIG);
		free(bytes);
		bytes = pack[i](zeros, SOME, &size);
		ck_assert_uint_lt(size * RATIO_MAX, SOME);
		expect_error(bytes, size, -EFBIG);
		free(bytes);
		bytes = pack[i](zeros, FEW, &size);
		expect(bytes, size, zeros, FEW);
		free(bytes);
	}
	expect_error(zeros, SIZE_MAX_BYTES + 1, -EFBIG);
	free(zeros);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inflate");
	TCase *tcase = tcase_create("inflate");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, gzip_zstd_and_plain_bytes_are_told_apart);
	tcase_add_test(tcase, members_and_frames_follow_each_other);
	tcase_add_test(tcase, sizes_that_are_unknown_or_wrong_are_found_out);
	tcase_add_test(tcase, what_is_cut_off_or_followed_by_anything_is_refused);
	tcase_add_test(tcase, a_bomb_is_refused_by_size_and_by_ratio);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
