/* SPDX-License-Identifier: Apache-2.0 */
/* pprof_decode_test.c -- only profiles that can be trusted come through. */
#include "encoder/pprof_decode.h"

#include "encoder/gzip.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lists name a row twice, so that a count of 2 makes a duplicate. */
static Perftools__Profiles__ValueType type, period, *type_list[] = {&type, &type};
static Perftools__Profiles__Mapping mapping, *mapping_list[] = {&mapping, &mapping};
static Perftools__Profiles__Function function, second, *function_list[] = {&second, &function};
static Perftools__Profiles__Line line, *line_list[] = {&line};
static Perftools__Profiles__Location location, *location_list[] = {&location, &location};
static Perftools__Profiles__Label label, *label_list[] = {&label};
static Perftools__Profiles__Sample sample, *sample_list[] = {&sample};
static Perftools__Profiles__Profile profile;
static char *texts[3];
static uint64_t stack[2];
static int64_t values[1], comments[1];

/* A small profile in which every kind of row is used, with ids that are not 1...n. */
static void setup(void)
{
	type = period = (Perftools__Profiles__ValueType)PERFTOOLS__PROFILES__VALUE_TYPE__INIT;
	mapping = (Perftools__Profiles__Mapping)PERFTOOLS__PROFILES__MAPPING__INIT;
	function = second = (Perftools__Profiles__Function)PERFTOOLS__PROFILES__FUNCTION__INIT;
	line = (Perftools__Profiles__Line)PERFTOOLS__PROFILES__LINE__INIT;
	location = (Perftools__Profiles__Location)PERFTOOLS__PROFILES__LOCATION__INIT;
	label = (Perftools__Profiles__Label)PERFTOOLS__PROFILES__LABEL__INIT;
	sample = (Perftools__Profiles__Sample)PERFTOOLS__PROFILES__SAMPLE__INIT;
	profile = (Perftools__Profiles__Profile)PERFTOOLS__PROFILES__PROFILE__INIT;
	texts[0] = "", texts[1] = "samples", texts[2] = "count";
	type.type = period.type = 1;
	type.unit = period.unit = 2;
	mapping.id = 5;
	second.id = 9;
	function.id = 7;
	function.name = function.system_name = function.filename = 1;
	line.function_id = 7;
	location.id = 40;
	location.mapping_id = 5;
	location.n_line = 1, location.line = line_list;
	label.key = label.str = 2;
	stack[0] = stack[1] = 40;
	values[0] = 3;
	comments[0] = 1;
	sample.n_location_id = 2, sample.location_id = stack;
	sample.n_value = 1, sample.value = values;
	sample.n_label = 1, sample.label = label_list;
	profile.n_sample_type = 1, profile.sample_type = type_list;
	profile.period_type = &period;
	profile.n_mapping = 1, profile.mapping = mapping_list;
	profile.n_function = 2, profile.function = function_list;
	profile.n_location = 1, profile.location = location_list;
	profile.n_sample = 1, profile.sample = sample_list;
	profile.n_comment = 1, profile.comment = comments;
	profile.n_string_table = 3, profile.string_table = texts;
	profile.time_nanos = 1;
}

static int decode_bytes(const void *bytes, size_t size, size_t limit, char error[PPROF_ERROR_SIZE])
{
	Perftools__Profiles__Profile *decoded = &profile;
	strcpy(error, "");
	int result = pprof_decode(bytes, size, limit, &decoded, error);
	ck_assert(result ? !decoded : decoded && decoded != &profile);
	ck_assert_int_eq(result != 0, *error != '\0');
	pprof_free(decoded);
	return result;
}

static uint8_t *pack(size_t *size)
{
	*size = perftools__profiles__profile__get_packed_size(&profile);
	uint8_t *bytes = malloc(*size);
	perftools__profiles__profile__pack(&profile, bytes);
	return bytes;
}

/* Packs the profile as it has been spoilt, expects the complaint, and repairs it. */
static void expect_refused(const char *complaint)
{
	char error[PPROF_ERROR_SIZE];
	size_t size;
	uint8_t *bytes = pack(&size);
	ck_assert_int_eq(decode_bytes(bytes, size, 1 << 20, error), -EBADMSG);
	ck_assert_msg(strstr(error, complaint), "'%s' is not in '%s'", complaint, error);
	free(bytes);
	setup();
}

START_TEST(a_good_profile_comes_back_with_ids_in_table_order)
{
	Perftools__Profiles__Profile *decoded;
	char error[PPROF_ERROR_SIZE];
	size_t size;
	uint8_t *bytes = pack(&size);
	ck_assert_int_eq(pprof_decode(bytes, size, size, &decoded, error), 0);
	ck_assert_uint_eq(decoded->mapping[0]->id, 1);
	ck_assert_uint_eq(decoded->function[0]->id, 1);
	ck_assert_uint_eq(decoded->function[1]->id, 2);
	ck_assert_uint_eq(decoded->location[0]->id, 1);
	ck_assert_uint_eq(decoded->location[0]->mapping_id, 1);
	ck_assert_uint_eq(decoded->location[0]->line[0]->function_id, 2);
	ck_assert_uint_eq(decoded->sample[0]->location_id[1], 1);
	ck_assert_str_eq(decoded->string_table[2], "count");
	pprof_free(decoded);
	pprof_free(NULL);
	free(bytes);
}
END_TEST

START_TEST(a_mapping_that_is_not_there_is_none)
{
	Perftools__Profiles__Profile *decoded;
	char error[PPROF_ERROR_SIZE];
	size_t size;
	location.mapping_id = 6;
	uint8_t *bytes = pack(&size);
	ck_assert_int_eq(pprof_decode(bytes, size, size, &decoded, error), 0);
	ck_assert_uint_eq(decoded->location[0]->mapping_id, 0);
	pprof_free(decoded);
	free(bytes);
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
		&label.num_unit,
	};
	for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
		*indices[i] = 3;
		expect_refused("beyond the string table");
		*indices[i] = -1;
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
	expect_refused("mapping 0 has the id 0");
	function.id = 0;
	expect_refused("function 1 has the id 0");
	location.id = 0;
	expect_refused("location 0 has the id 0");
	second.id = 7;
	expect_refused("has the id of another one");
	profile.n_mapping = 2;
	expect_refused("has the id of another one");
	profile.n_location = 2;
	expect_refused("has the id of another one");
}
END_TEST

START_TEST(rows_that_name_what_is_not_there_are_refused)
{
	stack[1] = 41;
	expect_refused("sample 0 has a location that does not exist");
	stack[0] = 0;
	expect_refused("sample 0 has a location that does not exist");
	line.function_id = 8;
	expect_refused("location 0 has a line without a function");
	line.function_id = 0;
	expect_refused("location 0 has a line without a function");
	sample.n_value = 0;
	expect_refused("sample 0 has not one value per sample type");
	profile.n_sample_type = 2;
	expect_refused("sample 0 has not one value per sample type");
	profile.n_sample_type = 0;
	expect_refused("samples without a sample type");
}
END_TEST

START_TEST(two_profiles_laid_end_to_end_are_refused)
{
	char error[PPROF_ERROR_SIZE];
	size_t size;
	uint8_t *bytes = pack(&size);
	uint8_t *both = malloc(size * 2);
	memcpy(both, bytes, size);
	memcpy(both + size, bytes, size);
	ck_assert_int_eq(decode_bytes(both, size * 2, size * 2, error), -EBADMSG);
	ck_assert_str_eq(error, "two profiles laid end to end");
	free(both);
	free(bytes);
}
END_TEST

START_TEST(what_is_no_profile_is_refused)
{
	char error[PPROF_ERROR_SIZE];
	ck_assert_int_eq(decode_bytes("", 0, 100, error), -EBADMSG);
	ck_assert_str_eq(error, "empty");
	ck_assert_int_eq(decode_bytes("hello world", 11, 100, error), -EBADMSG);
	ck_assert_int_eq(decode_bytes("\x1f\x8b", 2, 100, error), -EBADMSG);
	ck_assert_str_eq(error, "corrupt or cut gzip");
	ck_assert_int_eq(decode_bytes("\x0a\x01\x08", 3, 100, error),
			 -EBADMSG); /* a cut ValueType */
	ck_assert_str_eq(error, "not a pprof profile: a message is malformed");
	ck_assert_int_eq(
		decode_bytes("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 100, error),
		-EBADMSG);
	ck_assert_int_eq(decode_bytes("\x00\x00", 2, 100, error), -EBADMSG);
}
END_TEST

START_TEST(a_profile_cut_anywhere_is_refused)
{
	char error[PPROF_ERROR_SIZE];
	size_t raw_size, size;
	uint8_t *raw = pack(&raw_size), *bytes;
	ck_assert_int_eq(gzip_deflate(raw, raw_size, &bytes, &size), 0);
	ck_assert_int_eq(decode_bytes(bytes, size, raw_size, error), 0);
	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(decode_bytes(bytes, cut, raw_size, error), -EBADMSG);
	free(bytes);
	free(raw);
}
END_TEST

START_TEST(a_zip_bomb_is_refused)
{
	enum { SIZE = 16 << 20 };
	char error[PPROF_ERROR_SIZE];
	uint8_t *zeros = calloc(1, SIZE), *bytes;
	size_t size;
	ck_assert_int_eq(gzip_deflate(zeros, SIZE, &bytes, &size), 0);
	ck_assert_uint_lt(size, SIZE / 100);
	ck_assert_int_eq(decode_bytes(bytes, size, 1 << 20, error), -EFBIG);
	ck_assert_str_eq(error, "inflates to more than 1048576 bytes");
	ck_assert_int_eq(decode_bytes(zeros, SIZE, 1 << 20, error), -EFBIG);
	ck_assert_str_eq(error, "more than 1048576 bytes");
	free(bytes);
	free(zeros);
}
END_TEST

/* Two bytes on the wire are a whole empty Sample in memory. */
START_TEST(a_message_bomb_is_refused)
{
	static const size_t count = 100000;
	char error[PPROF_ERROR_SIZE];
	uint8_t *bytes = malloc(count * 2);
	for (size_t i = 0; i < count; i++)
		memcpy(bytes + i * 2, "\x12", 2);
	ck_assert_int_eq(decode_bytes(bytes, count * 2, count * 2, error), -EFBIG);
	ck_assert_str_eq(error, "needs too much memory for its 200000 bytes");
	ck_assert_int_eq(decode_bytes(bytes, count * 2, count * 20, error), -EBADMSG);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pprof_decode");
	TCase *tcase = tcase_create("pprof_decode");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_good_profile_comes_back_with_ids_in_table_order);
	tcase_add_test(tcase, a_mapping_that_is_not_there_is_none);
	tcase_add_test(tcase, texts_beyond_the_string_table_are_refused);
	tcase_add_test(tcase, ids_that_are_zero_or_twice_are_refused);
	tcase_add_test(tcase, rows_that_name_what_is_not_there_are_refused);
	tcase_add_test(tcase, two_profiles_laid_end_to_end_are_refused);
	tcase_add_test(tcase, what_is_no_profile_is_refused);
	tcase_add_test(tcase, a_profile_cut_anywhere_is_refused);
	tcase_add_test(tcase, a_zip_bomb_is_refused);
	tcase_add_test(tcase, a_message_bomb_is_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
