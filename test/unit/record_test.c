/* SPDX-License-Identifier: Apache-2.0 */
/* record_test.c -- a record says all that its profile said, in few bytes, and nothing else passes
 * for one. */
#include "collector/record.h"

#include "test/merge/random_pprof.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct dictionary *d;
static struct inflate *inflate;
static struct arena first, second;
static struct bytes record;

static void setup(void)
{
	d = dictionary_create(64 << 20, 1);
	inflate = inflate_create(RECORD_BODY_MAX, UINT_MAX);
	first.max = second.max = 64 << 20;
}

static void teardown(void)
{
	dictionary_destroy(d);
	inflate_destroy(inflate);
	arena_free(&first);
	arena_free(&second);
	bytes_free(&record);
}

static int decode(struct sheet *s, const void *bytes, size_t size, const struct dictionary *of)
{
	struct record_input input = {bytes, size, of, inflate};
	char error[RECORD_ERROR_SIZE] = "";
	arena_clear(&second);
	int result = record_decode(s, &second, &input, error);
	ck_assert_int_eq(result != 0, *error != '\0');
	return result;
}

static bool same_heads(const struct sheet *a, const struct sheet *b)
{
	return a->type_count == b->type_count && a->comment_count == b->comment_count &&
	       a->base_count == b->base_count && a->row_count == b->row_count &&
	       a->period_type.type == b->period_type.type &&
	       a->period_type.unit == b->period_type.unit && a->drop_frames == b->drop_frames &&
	       a->keep_frames == b->keep_frames && a->default_type == b->default_type &&
	       a->doc_url == b->doc_url && a->time_ns == b->time_ns &&
	       a->duration_ns == b->duration_ns && a->period == b->period &&
	       a->is_main_idle == b->is_main_idle;
}

static bool same_bytes(const void *a, const void *b, size_t count, size_t size)
{
	return !count || !memcmp(a, b, count * size);
}

static void expect_equal(const struct sheet *a, const struct sheet *b)
{
	size_t types = a->type_count;
	ck_assert(same_heads(a, b));
	ck_assert(same_bytes(a->types, b->types, types, sizeof(*a->types)));
	ck_assert(same_bytes(a->rows, b->rows, a->row_count, sizeof(*a->rows)));
	ck_assert(same_bytes(a->values, b->values, a->row_count * types, sizeof(*a->values)));
	ck_assert(same_bytes(a->totals, b->totals, types, sizeof(*a->totals)));
	for (uint32_t i = 0; i < a->base_count; i++)
		ck_assert(a->bases[i].mapping == b->bases[i].mapping &&
			  a->bases[i].start == b->bases[i].start);
	for (uint32_t i = 0; i < a->comment_count; i++)
		ck_assert(a->comments[i].size == b->comments[i].size &&
			  same_bytes(a->comments[i].bytes, b->comments[i].bytes,
				     a->comments[i].size, 1));
}

static void expect_round_trip(struct sheet *sheet)
{
	struct sheet read;
	bytes_clear(&record);
	ck_assert_int_eq(record_encode(sheet, &record, NULL), 0);
	ck_assert_int_eq(decode(&read, record.at, record.size, d), 0);
	ck_assert(sheet_total(&read, &second));
	expect_equal(sheet, &read);
}

static void take_random(struct sheet *sheet, struct bytes *pprof, uint64_t family, uint64_t member)
{
	struct random_pprof wanted = {
		.family = family, .member = member, .has_columns = true, .may_lack_maps = true};
	struct view view;
	char error[VIEW_ERROR_SIZE];
	bytes_clear(pprof);
	random_pprof(&wanted, pprof);
	arena_clear(&first);
	struct view_input input = {pprof->at, pprof->size, NULL};
	ck_assert_msg(!view_open(&view, &first, &input, error), "%s", error);
	ck_assert_int_eq(sheet_take(sheet, &first, &view, d), 0);
}

START_TEST(random_profiles_come_back_as_they_were)
{
	struct bytes pprof = {0};
	struct sheet sheet;
	for (uint64_t i = 0; i < 300; i++) {
		take_random(&sheet, &pprof, i / 4, i % 4);
		expect_round_trip(&sheet);
	}
	bytes_free(&pprof);
}
END_TEST

/* ---- sheets made by hand ------------------------------------------------------------------------
 */

enum {
	ROWS = 500,
	TYPES = 4,
};

static struct sheet_row rows[ROWS];
static struct sheet_type types[TYPES];
static int64_t values[ROWS * TYPES], totals[TYPES];

static struct sheet sheet_of(uint32_t row_count, uint32_t type_count)
{
	for (uint32_t i = 0; i < row_count; i++) {
		struct dictionary_stack stack = {0, i + 1};
		rows[i].stack = dictionary_add(d, DICTIONARY_STACKS, &stack);
	}
	return (struct sheet){.row_count = row_count,
			      .type_count = type_count,
			      .types = types,
			      .rows = rows,
			      .values = values,
			      .totals = totals};
}

START_TEST(extreme_values_survive)
{
	static const int64_t extremes[] = {INT64_MIN, INT64_MAX, -1, 1, INT64_MIN, INT64_MIN, 0, 2};
	struct sheet sheet = sheet_of(4, 2), read;
	memcpy(values, extremes, sizeof(extremes));
	sheet.time_ns = INT64_MIN;
	sheet.duration_ns = INT64_MAX;
	ck_assert_int_eq(record_encode(&sheet, &record, NULL), 0);
	ck_assert_int_eq(decode(&read, record.at, record.size, d), 0);
	ck_assert_mem_eq(read.values, extremes, sizeof(extremes));
	ck_assert_int_eq(read.time_ns, INT64_MIN);
	ck_assert(sheet_total(&read, &second));
	ck_assert_int_eq(read.totals[0], INT64_MIN); /* and not beyond */
	ck_assert_int_eq(read.duration_ns, INT64_MAX);
}
END_TEST

START_TEST(a_profile_of_nothing_is_a_record_too)
{
	struct sheet sheet = sheet_of(0, 0);
	expect_round_trip(&sheet);
}
END_TEST

static size_t record_size(uint32_t type_count)
{
	struct sheet sheet = sheet_of(ROWS, type_count);
	bytes_clear(&record);
	ck_assert_int_eq(record_encode(&sheet, &record, NULL), 0);
	return record.size;
}

START_TEST(what_one_column_tells_of_another_costs_nothing)
{
	uint32_t state = 1;
	for (uint32_t i = 0; i < ROWS; i++)
		values[i] = (state = state * 1664525 + 1013904223) >> 20;
	size_t one = record_size(1);
	for (size_t i = ROWS; i-- > 0;) {
		values[i * 2 + 1] = values[i] * 10000000; /* nanoseconds of a sample */
		values[i * 2] = values[i];
	}
	ck_assert_uint_lt(record_size(2), one + 32);
	ck_assert_uint_gt(one, ROWS);
}
END_TEST

START_TEST(a_record_cut_or_changed_anywhere_does_no_harm)
{
	struct bytes pprof = {0};
	struct sheet sheet, read;
	take_random(&sheet, &pprof, 3, 1);
	ck_assert_int_eq(record_encode(&sheet, &record, NULL), 0);
	for (size_t cut = 0; cut < record.size; cut++) {
		uint8_t *copy = malloc(cut + 1);
		memcpy(copy, record.at, cut);
		ck_assert_int_ne(decode(&read, copy, cut, d), 0);
		free(copy);
	}
	for (size_t i = 0; i < record.size * 8; i++) {
		record.at[i / 8] ^= (uint8_t)(1U << i % 8);
		decode(&read, record.at, record.size, d);
		record.at[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	bytes_free(&pprof);
}
END_TEST

START_TEST(a_record_of_another_dictionary_is_refused)
{
	struct dictionary *other = dictionary_create(1 << 20, 1);
	struct sheet sheet = sheet_of(3, 1), read;
	values[0] = values[1] = values[2] = 1;
	ck_assert_int_eq(record_encode(&sheet, &record, NULL), 0);
	ck_assert_int_eq(decode(&read, record.at, record.size, d), 0);
	ck_assert_int_eq(decode(&read, record.at, record.size, other), -EBADMSG);
	record.at[0]++;
	ck_assert_int_eq(decode(&read, record.at, record.size, d), -EBADMSG);
	dictionary_destroy(other);
}
END_TEST

START_TEST(memory_for_a_record_is_limited)
{
	struct sheet sheet = sheet_of(ROWS, TYPES), read;
	ck_assert_int_eq(record_encode(&sheet, &record, NULL), 0);
	second.max = 1000;
	ck_assert_int_eq(decode(&read, record.at, record.size, d), -EFBIG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tcase = tcase_create("record");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, random_profiles_come_back_as_they_were);
	tcase_add_test(tcase, extreme_values_survive);
	tcase_add_test(tcase, a_profile_of_nothing_is_a_record_too);
	tcase_add_test(tcase, what_one_column_tells_of_another_costs_nothing);
	tcase_add_test(tcase, a_record_cut_or_changed_anywhere_does_no_harm);
	tcase_add_test(tcase, a_record_of_another_dictionary_is_refused);
	tcase_add_test(tcase, memory_for_a_record_is_limited);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
