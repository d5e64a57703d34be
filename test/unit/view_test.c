/* SPDX-License-Identifier: Apache-2.0 */
/* view_test.c -- what google/pprof takes comes through, what it refuses does not, and limits hold.
 */
#include "collector/view.h"

#include "collector/bytes.h"
#include "collector/wire.h"
#include "test/unit/small_profile.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>

static struct arena arena;
static struct view view;
static char error[VIEW_ERROR_SIZE];

static void setup(void)
{
	small_profile();
}

static void teardown(void)
{
	arena_free(&arena);
}

static int open_bytes(const void *bytes, size_t size, const struct view_limits *limits)
{
	struct view_input input = {bytes, size, limits};
	strcpy(error, "");
	int result = view_open(&view, &arena, &input, error);
	ck_assert_int_eq(result != 0, *error != '\0');
	return result;
}

/* Reads the profile as it has been spoilt; what is read stays until the next one. */
static int open_profile(const struct view_limits *limits)
{
	static uint8_t *bytes;
	size_t size;
	free(bytes);
	bytes = small_profile_pack(&size);
	arena_clear(&arena);
	return open_bytes(bytes, size, limits);
}

static void expect_taken(void)
{
	ck_assert_msg(!open_profile(NULL), "%s", error);
}

/* Expects the complaint, and repairs the profile. */
static void expect_refused(const char *complaint)
{
	ck_assert_int_eq(open_profile(NULL), -EBADMSG);
	ck_assert_msg(strstr(error, complaint), "'%s' is not in '%s'", complaint, error);
	small_profile();
}

static void expect_text(uint32_t text, const char *expected)
{
	ck_assert_uint_lt(text, view.count.texts);
	ck_assert_uint_eq(view.texts[text].size, strlen(expected));
	if (*expected)
		ck_assert_mem_eq(view.texts[text].bytes, expected, strlen(expected));
}

START_TEST(references_become_rows)
{
	expect_taken();
	ck_assert_uint_eq(view.count.samples, 1);
	ck_assert_uint_eq(view.samples[0].frame_count, 2);
	ck_assert_uint_eq(view.frames[1], 0);
	ck_assert_uint_eq(view.locations[0].mapping, 0);
	ck_assert_uint_eq(view.locations[0].address, 0x10123);
	ck_assert_uint_eq(view.lines[view.locations[0].line_start].function, 1);
	expect_text(view.functions[1].name, "samples");
	expect_text(view.functions[0].name, "");
	expect_text(view.types[0].unit, "count");
	expect_text(view.comments[0], "samples");
	expect_text(view.labels[0].key, "count");
	ck_assert(!view.labels[0].is_number);
	ck_assert_int_eq(view.values[0], 3);
	ck_assert_int_eq(view.time_ns, 1);
}
END_TEST

START_TEST(a_mapping_that_is_not_there_is_none)
{
	location.mapping_id = 6;
	expect_taken();
	ck_assert_uint_eq(view.locations[0].mapping, VIEW_NONE);
	location.mapping_id = 0;
	expect_taken();
	ck_assert_uint_eq(view.locations[0].mapping, VIEW_NONE);
}
END_TEST

START_TEST(ids_of_any_size_are_found)
{
	mapping.id = location.mapping_id = UINT64_MAX;
	location.id = stack[0] = stack[1] = 1ULL << 63;
	function.id = line.function_id = 1;
	second.id = 1ULL << 40;
	expect_taken();
	ck_assert_uint_eq(view.locations[0].mapping, 0);
	ck_assert_uint_eq(view.lines[0].function, 1);
}
END_TEST

START_TEST(texts_beyond_the_string_table_are_refused)
{
	int64_t *indices[] = {
		&profile.drop_frames,
		&profile.keep_frames,
		&profile.default_sample_type,
		&profile.doc_url,
		&type.type,
		&type.unit,
		&period.type,
		&period.unit,
		&comments[0],
		&mapping.filename,
		&mapping.build_id,
		&function.name,
		&function.filename,
		&function.system_name,
		&label.key,
		&label.str,
	};
	for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
		*indices[i] = 3;
		expect_refused("beyond the string table");
		*indices[i] = -1;
		expect_refused("beyond the string table");
		*indices[i] = 1LL << 32;
		expect_refused("beyond the string table");
	}
	profile.n_string_table = 0;
	expect_refused("string_table[0]");
	texts[0] = "x";
	expect_refused("string_table[0]");
}
END_TEST

START_TEST(ids_that_are_zero_or_twice_are_refused)
{
	mapping.id = 0;
	expect_refused("a mapping has the id 0");
	function.id = 0;
	expect_refused("a function has the id 0");
	location.id = 0;
	expect_refused("a location has the id 0");
	second.id = 7;
	expect_refused("two functions have the id 7");
	profile.n_mapping = 2;
	expect_refused("two mappings have the id 5");
	profile.n_location = 2;
	expect_refused("two locations have the id 40");
}
END_TEST

START_TEST(rows_that_name_what_is_not_there_are_refused)
{
	stack[1] = 41;
	expect_refused("a sample has the location 41, which does not exist");
	stack[0] = 0;
	expect_refused("a sample has the location 0, which does not exist");
	line.function_id = 8;
	expect_refused("a location has a line without a function");
	line.function_id = 0;
	expect_refused("a location has a line without a function");
	sample.n_value = 0;
	expect_refused("a sample has 0 values for 1 sample types");
	sample.n_value = 2;
	expect_refused("a sample has more than 1 values");
	profile.n_sample_type = 0;
	expect_refused("samples without a sample type");
	profile.n_sample_type = 0;
	sample.n_value = 0;
	expect_refused("samples without a sample type");
}
END_TEST

START_TEST(a_label_is_a_text_or_a_number_or_nothing)
{
	label.num = 7;
	label.num_unit = 1LL << 40; /* of a number that does not count */
	expect_taken();
	ck_assert(!view.labels[0].is_number);
	label.str = 0;
	expect_refused("a label is beyond the string table");
	label.str = 0;
	label.num = 7;
	expect_taken();
	ck_assert(view.labels[0].is_number && !view.labels[0].has_unit);
	ck_assert_int_eq(view.labels[0].number, 7);
	label.num = 0;
	label.num_unit = 1;
	expect_taken();
	ck_assert(view.labels[0].is_number && view.labels[0].has_unit);
	expect_text(view.labels[0].text, "samples");
	label.num_unit = 0;
	expect_taken();
	ck_assert_uint_eq(view.samples[0].label_count, 0);
}
END_TEST

START_TEST(samples_and_types_may_be_missing)
{
	profile.n_sample = 0;
	expect_taken();
	profile.n_sample_type = 0;
	expect_taken();
	ck_assert_uint_eq(view.count.samples, 0);
}
END_TEST

/* Appends fields to the profile and reads it. */
static int open_with(const void *more, size_t count)
{
	size_t size;
	uint8_t *bytes = small_profile_pack(&size);
	uint8_t *both = malloc(size + count);
	memcpy(both, bytes, size);
	memcpy(both + size, more, count);
	arena_clear(&arena);
	int result = open_bytes(both, size + count, NULL);
	free(both);
	free(bytes);
	return result;
}

START_TEST(fields_that_nobody_knows_are_skipped)
{
	ck_assert_int_eq(open_with("\x00\x05", 2), 0);	   /* field 0 */
	ck_assert_int_eq(open_with("\xf8\x07\x05", 3), 0); /* 127, a number */
	ck_assert_int_eq(open_with("\xf9\x07"
				   "12345678",
				   10),
			 0); /* eight bytes */
	ck_assert_int_eq(open_with("\xfa\x07\x03"
				   "abc",
				   6),
			 0); /* bytes */
	ck_assert_int_eq(open_with("\xfd\x07"
				   "1234",
				   6),
			 0);				      /* four bytes */
	ck_assert_int_eq(open_with("\xfb\x07", 2), -EBADMSG); /* a group */
	ck_assert_int_eq(open_with("\xff\x07", 2), -EBADMSG); /* no type at all */
}
END_TEST

START_TEST(fields_of_another_type_are_refused)
{
	static const char *const fields[] = {
		"\x08\x01",	"\x10\x01",	"\x18\x01",	    "\x20\x01",	    "\x28\x01",
		"\x30\x01",	"\x3a\x01\x01", "\x4a\x01\x00",	    "\x52\x01\x01", "\x58\x01",
		"\x62\x01\x01", "\x72\x01\x01", "\x12\x02\x1a\x05",
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ck_assert_int_eq(open_with(fields[i], strlen(fields[i])), -EBADMSG);
}
END_TEST

START_TEST(of_a_field_that_comes_again_the_last_one_counts)
{
	ck_assert_int_eq(open_with("\x60\x07\x60\x09", 4), 0);
	ck_assert_int_eq(view.period, 9);
	/* A period type that says nothing takes back the one before. */
	ck_assert_int_eq(open_with("\x5a\x00", 2), 0);
	ck_assert_uint_eq(view.period_type.type, 0);
}
END_TEST

START_TEST(numbers_are_packed_or_not)
{
	/* A sample whose stack is one by one, and whose value is packed in two parts. */
	static const char piece[] = "\x12\x0a\x08\x28\x0a\x01\x28\x12\x00\x12\x01\x05";
	ck_assert_int_eq(open_with(piece, sizeof(piece) - 1), 0);
	ck_assert_uint_eq(view.count.samples, 2);
	ck_assert_uint_eq(view.samples[1].frame_count, 2);
	ck_assert_int_eq(view.values[1], 5);
}
END_TEST

START_TEST(numbers_have_ten_bytes_at_most)
{
	ck_assert_int_eq(open_with("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11), 0);
	ck_assert_int_eq(view.period, -1); /* what is beyond 64 bits is lost */
	ck_assert_int_eq(open_with("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12),
			 -EBADMSG);
	ck_assert_int_eq(open_with("\x60\xff", 2), -EBADMSG);
}
END_TEST

START_TEST(two_profiles_laid_end_to_end_are_refused)
{
	size_t size;
	uint8_t *bytes = small_profile_pack(&size);
	ck_assert_int_eq(open_with(bytes, size), -EBADMSG);
	ck_assert_str_eq(error, "two profiles laid end to end");
	free(bytes);
}
END_TEST

START_TEST(what_is_no_profile_is_refused)
{
	ck_assert_int_eq(open_bytes("", 0, NULL), -EBADMSG);
	ck_assert_str_eq(error, "empty");
	ck_assert_int_eq(open_bytes("hello world", 11, NULL), -EBADMSG);
	ck_assert_int_eq(open_bytes("\x0a\x01\x08", 3, NULL), -EBADMSG);
	ck_assert_str_eq(error, "not a pprof profile: a sample type is malformed");
	ck_assert_int_eq(open_bytes("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, NULL),
			 -EBADMSG);
}
END_TEST

/* Each cut is a profile of fewer fields, or none: what is read never goes beyond it. */
START_TEST(a_profile_cut_anywhere_is_refused_or_is_one)
{
	size_t size, taken = 0;
	uint8_t *bytes = small_profile_pack(&size);
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *copy = malloc(cut + 1);
		memcpy(copy, bytes, cut);
		arena_clear(&arena);
		taken += !open_bytes(copy, cut, NULL);
		free(copy);
	}
	ck_assert_uint_eq(taken, 3); /* behind the texts, the time and the period type */
	free(bytes);
}
END_TEST

static void expect_limit(struct view_limits limits, const char *complaint)
{
	ck_assert_int_eq(open_profile(&limits), -EFBIG);
	ck_assert_msg(strstr(error, complaint), "'%s' is not in '%s'", complaint, error);
}

START_TEST(every_limit_is_kept)
{
	struct view_limits few = view_limits;
	few.most = (struct view_counts){3, 1, 1, 1, 2, 1, 1, 2, 1, 1};
	few.depth = 2, few.tags = 1, few.text = 7;
	ck_assert_msg(!open_profile(&few), "%s", error);
#define LESS(field, complaint)                 \
	do {                                   \
		struct view_limits less = few; \
		less.field--;                  \
		expect_limit(less, complaint); \
	} while (0)
	LESS(most.texts, "more than 2 texts");
	LESS(most.types, "more than 0 sample types");
	LESS(most.comments, "more than 0 comments");
	LESS(most.mappings, "more than 0 mappings");
	LESS(most.functions, "more than 1 functions");
	LESS(most.lines, "more than 0 lines");
	LESS(most.locations, "more than 0 locations");
	LESS(most.frames, "more than 1 frames");
	LESS(most.labels, "more than 0 labels");
	LESS(most.samples, "more than 0 samples");
	LESS(depth, "a sample has more than 1 frames");
	LESS(tags, "a sample has more than 0 labels");
	LESS(text, "a text has more than 6 bytes");
	few.memory = 300;
	expect_limit(few, "needs more than 300 bytes of memory");
}
END_TEST

/* Two bytes on the wire are a whole empty sample, which has no values here; it is the counting that
 * stops them. */
START_TEST(a_message_bomb_is_refused)
{
	static const size_t count = 1 << 20;
	uint8_t *bytes = malloc(count * 2);
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * 2, "\x12", 2);
	ck_assert_int_eq(open_bytes(bytes, count * 2, NULL), -EFBIG);
	ck_assert_uint_lt(arena.used, 4096);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view");
	TCase *tcase = tcase_create("view");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, references_become_rows);
	tcase_add_test(tcase, a_mapping_that_is_not_there_is_none);
	tcase_add_test(tcase, ids_of_any_size_are_found);
	tcase_add_test(tcase, texts_beyond_the_string_table_are_refused);
	tcase_add_test(tcase, ids_that_are_zero_or_twice_are_refused);
	tcase_add_test(tcase, rows_that_name_what_is_not_there_are_refused);
	tcase_add_test(tcase, a_label_is_a_text_or_a_number_or_nothing);
	tcase_add_test(tcase, samples_and_types_may_be_missing);
	tcase_add_test(tcase, fields_that_nobody_knows_are_skipped);
	tcase_add_test(tcase, fields_of_another_type_are_refused);
	tcase_add_test(tcase, of_a_field_that_comes_again_the_last_one_counts);
	tcase_add_test(tcase, numbers_are_packed_or_not);
	tcase_add_test(tcase, numbers_have_ten_bytes_at_most);
	tcase_add_test(tcase, two_profiles_laid_end_to_end_are_refused);
	tcase_add_test(tcase, what_is_no_profile_is_refused);
	tcase_add_test(tcase, a_profile_cut_anywhere_is_refused_or_is_one);
	tcase_add_test(tcase, every_limit_is_kept);
	tcase_add_test(tcase, a_message_bomb_is_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
