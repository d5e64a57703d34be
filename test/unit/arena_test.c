/* SPDX-License-Identifier: Apache-2.0 */
/* arena_test.c -- memory that is taken piece by piece, never more than a cap. */
#include "collector/arena.h"

#include "test/unit/suite.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

START_TEST(pieces_are_zeros_aligned_and_apart)
{
	struct arena arena = {.max = 1 << 20};
	unsigned char *pieces[100];
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < 100; i++) {
			pieces[i] = arena_take(&arena, i * 7, 3);
			ck_assert_ptr_nonnull(pieces[i]);
			ck_assert_uint_eq((uintptr_t)pieces[i] % 16, 0);
			for (size_t k = 0; k < i * 21; k++)
				ck_assert_uint_eq(pieces[i][k], 0);
			memset(pieces[i], (int)i + 1, i * 21);
		}
		for (size_t i = 0; i < 100; i++)
			for (size_t k = 0; k < i * 21; k++)
				ck_assert_uint_eq(pieces[i][k], i + 1);
		arena_clear(&arena); /* what is given out again has been written to */
	}
	arena_free(&arena);
}
END_TEST

START_TEST(the_cap_is_kept_until_cleared)
{
	struct arena arena = {.max = 1000};
	ck_assert_ptr_nonnull(arena_take(&arena, 1, 600));
	ck_assert_ptr_null(arena_take(&arena, 1, 401));
	ck_assert(arena.is_full);
	ck_assert_ptr_nonnull(arena_take(&arena, 1, 400));
	ck_assert_ptr_null(arena_take(&arena, 1, 1));
	arena_clear(&arena);
	ck_assert(!arena.is_full);
	ck_assert_ptr_nonnull(arena_take(&arena, 1000, 1));
	arena.max = 10; /* less than what is taken */
	ck_assert_ptr_null(arena_take(&arena, 1, 1));
	arena_free(&arena);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
	struct arena arena = {.max = SIZE_MAX};
	ck_assert_ptr_null(arena_take_raw(&arena, SIZE_MAX / 2, 3));
	ck_assert(arena.is_full);
	arena_free(&arena);
}
END_TEST

START_TEST(large_pieces_do_not_stay)
{
	struct arena arena = {.max = SIZE_MAX / 2};
	ck_assert_ptr_nonnull(arena_take_raw(&arena, 64 << 20, 1));
	arena_clear(&arena);
	ck_assert_ptr_null(arena.blocks);
	ck_assert_ptr_nonnull(arena_take_raw(&arena, 1 << 10, 1));
	arena_clear(&arena);
	ck_assert_ptr_nonnull(arena.blocks);
	arena_free(&arena);
	ck_assert_ptr_null(arena.blocks);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");
	tcase_add_test(tcase, pieces_are_zeros_aligned_and_apart);
	tcase_add_test(tcase, the_cap_is_kept_until_cleared);
	tcase_add_test(tcase, sizes_that_overflow_are_refused);
	tcase_add_test(tcase, large_pieces_do_not_stay);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
