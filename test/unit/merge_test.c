/* SPDX-License-Identifier: Apache-2.0 */
/* merge_test.c -- many profiles become one as google/pprof merges them, whoever sums them up. */
#include "collector/merge.h"

#include "collector/record.h"
#include "encoder/gzip.h"
#include "test/merge/random_pprof.h"
#include "test/unit/small_profile.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>

enum {
	MOST = 100,
};

static struct merge_profile profiles[MOST];
static size_t profile_count;
static struct dictionary *dictionaries[2];
static struct merge_options options;
static struct merged *merged;
static char error[MERGE_ERROR_SIZE];

static void setup(void)
{
	small_profile();
	profile_count = 0;
	options = (struct merge_options){.threads = 1};
	merged = NULL;
	for (size_t i = 0; i < 2; i++)
		dictionaries[i] = dictionary_create(64 << 20, i);
}

static void clear_profiles(void)
{
	for (size_t i = 0; i < profile_count; i++)
		free((void *)(uintptr_t)profiles[i].bytes);
	profile_count = 0;
	merged_destroy(merged);
	merged = NULL;
}

static void teardown(void)
{
	clear_profiles();
	for (size_t i = 0; i < 2; i++)
		dictionary_destroy(dictionaries[i]);
}

static int get(void *data, size_t i, struct merge_profile *p, char text[MERGE_ERROR_SIZE])
{
	(void)text;
	*p = ((struct merge_profile *)data)[i];
	return 0;
}

static void add_bytes(const void *bytes, size_t size)
{
	profiles[profile_count++] = (struct merge_profile){.bytes = bytes, .size = size};
}

/* Adds the small profile as it is now. */
static void add(void)
{
	size_t size;
	const uint8_t *bytes = small_profile_pack(&size);
	add_bytes(bytes, size);
}

static int run(void)
{
	struct merge_source source = {.data = profiles, .count = profile_count, .get = get};
	merged_destroy(merged);
	strcpy(error, "");
	int result = merge_run(&source, &options, &merged, error);
	ck_assert_int_eq(result != 0, *error != '\0');
	return result;
}

static void expect_merged(void)
{
	ck_assert_msg(!run(), "%s", error);
}

static uint32_t shown_rows(void)
{
	uint32_t count = 0;
	for (uint32_t i = 1; i < table_count(&merged->rows); i++)
		count += !merged_is_zero(merged, i);
	return count;
}

static void expect_text(uint32_t text, const char *expected)
{
	const struct dictionary_text *t = dictionary_text_at(merged->dictionary, text);
	ck_assert_uint_eq(t->size, strlen(expected));
	ck_assert(!t->size || memcmp(t->bytes, expected, t->size) == 0);
}

static uint32_t merged_count(enum dictionary_kind kind)
{
	return dictionary_count(merged->dictionary, kind) - 1;
}

START_TEST(a_single_profile_comes_back_as_it_came)
{
	struct merge_source source = {.data = profiles, .count = 1, .get = get};
	size_t raw_size, size;
	uint8_t *raw = small_profile_pack(&raw_size), *packed, *bytes;
	ck_assert_int_eq(gzip_deflate(raw, raw_size, &packed, &size), 0);
	add_bytes(packed, size);
	ck_assert_int_eq(merge_pprof(&source, &options, &bytes, &size, error), 0);
	ck_assert_uint_eq(size, profiles[0].size);
	ck_assert_mem_eq(bytes, packed, size);
	free(bytes);
	packed[12] ^= 0xff;
	ck_assert_int_eq(merge_pprof(&source, &options, &bytes, &size, error), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(error, "profile 1: "));
	free(raw);
}
END_TEST

START_TEST(equal_samples_are_summed_and_zeros_go)
{
	add();
	values[0] = INT64_MAX;
	add();
	expect_merged();
	ck_assert_uint_eq(shown_rows(), 1);
	ck_assert_int_eq(merged->values[1], INT64_MIN + 2); /* wraps */
	values[0] = INT64_MAX - 1;
	add();
	expect_merged();
	ck_assert_int_eq(merged->values[1], 0);
	ck_assert_uint_eq(shown_rows(), 0);
}
END_TEST

START_TEST(samples_of_zeros_leave_nothing_behind)
{
	values[0] = 0;
	add();
	expect_merged();
	ck_assert_uint_eq(shown_rows(), 0);
	ck_assert_uint_eq(merged_count(DICTIONARY_FUNCTIONS), 0);
	/* But the first mapping, which is the main binary's. */
	ck_assert_uint_eq(merged_count(DICTIONARY_MAPPINGS), 1);
}
END_TEST

START_TEST(mappings_are_the_same_wherever_they_lie)
{
	add();
	mapping.memory_start += 0x5000000;
	mapping.memory_limit += 0x5000000 - 0xfff; /* ends elsewhere in the same page */
	location.address += 0x5000000;
	mapping.has_functions = 1;
	add();
	expect_merged();
	ck_assert_uint_eq(shown_rows(), 1);
	ck_assert_uint_eq(merged_count(DICTIONARY_MAPPINGS), 1);
	ck_assert_uint_eq(merged->mappings[1].start, 0x10000); /* all else is the first one's */
	ck_assert_uint_eq(merged->mappings[1].size, 0x2000);
	ck_assert_uint_eq(merged->mappings[1].flags, 0);
	location.address++;
	add();
	expect_merged();
	ck_assert_uint_eq(shown_rows(), 2);
}
END_TEST

START_TEST(what_tells_mappings_apart)
{
	mapping.filename = 1;
	mapping.build_id = 2;
	add();
	mapping.filename = 2; /* the build id says more */
	add();
	mapping.filename = 2; /* and stands in the same place as a name */
	mapping.build_id = 0;
	add();
	expect_merged();
	ck_assert_uint_eq(merged_count(DICTIONARY_MAPPINGS), 1);
	mapping.build_id = 1;
	add();
	mapping.file_offset = 0x1000;
	add();
	mapping.memory_limit++;
	add();
	expect_merged();
	ck_assert_uint_eq(merged_count(DICTIONARY_MAPPINGS), 4);
}
END_TEST

START_TEST(what_tells_locations_apart)
{
	int64_t *const fields[] = {&line.line, &line.column, &function.start_line};
	add();
	location.is_folded = 1;
	add();
	for (size_t i = 0; i < 3; i++) {
		++*fields[i];
		add();
	}
	location.mapping_id = 0;
	add();
	location.n_line = 2;
	add();
	location.n_line = 0;
	add();
	expect_merged();
	ck_assert_uint_eq(shown_rows(), profile_count);
	ck_assert_uint_eq(merged_count(DICTIONARY_LOCATIONS), profile_count);
	ck_assert_uint_eq(merged_count(DICTIONARY_FUNCTIONS), 2);
}
END_TEST

START_TEST(what_tells_labels_apart)
{
	add();
	label.str = 1;
	add();
	label.str = 0;
	label.num = 5;
	add();
	label.num_unit = 1;
	add();
	sample.n_label = 2;
	add();
	sample.n_label = 0;
	add();
	expect_merged();
	ck_assert_uint_eq(shown_rows(), profile_count);
	sample.n_label = 1;
	label.num = 0;
	label.num_unit = 0;
	add(); /* says nothing: as if there were none */
	expect_merged();
	ck_assert_uint_eq(shown_rows(), profile_count - 1);
}
END_TEST

START_TEST(heads_are_combined)
{
	profile.time_nanos = 200;
	profile.duration_nanos = 5;
	profile.period = 10;
	profile.drop_frames = 2;
	add();
	profile.time_nanos = 100;
	profile.duration_nanos = 7;
	profile.period = 30;
	profile.default_sample_type = 1;
	profile.doc_url = 2;
	profile.drop_frames = 1;
	profile.n_comment = 2;
	comments[1] = 0;
	add();
	profile.time_nanos = 300;
	profile.period = 20;
	profile.default_sample_type = 2;
	comments[0] = 2;
	add();
	expect_merged();
	ck_assert_int_eq(merged->time_ns, 100);
	ck_assert_int_eq(merged->duration_ns, 19);
	ck_assert_int_eq(merged->period, 30);
	expect_text(merged->drop_frames, "count");
	expect_text(merged->default_type, "samples");
	expect_text(merged->doc_url, "count");
	ck_assert_uint_eq(merged->comment_count, 3);
	expect_text(merged->comments[0].text, "samples");
	expect_text(merged->comments[1].text, "");
	expect_text(merged->comments[2].text, "count");
	profile.time_nanos = 0; /* a profile without a time undoes those before it */
	add();
	expect_merged();
	ck_assert_int_eq(merged->time_ns, 0);
}
END_TEST

START_TEST(other_types_are_refused_by_name)
{
	add();
	add();
	type.unit = 1;
	add();
	ck_assert_int_eq(run(), -EINVAL);
	ck_assert_str_eq(error, "profile 3: incompatible sample types [samples/count] and "
				"[samples/samples]");
	type.unit = 2;
	profile.n_sample_type = sample.n_value = 2;
	clear_profiles();
	add();
	profile.n_sample_type = sample.n_value = 1;
	add();
	ck_assert_int_eq(run(), -EINVAL);
	ck_assert_str_eq(error,
			 "profile 2: incompatible sample types [samples/count samples/count] "
			 "and [samples/count]");
	clear_profiles();
	add();
	period.unit = 0;
	add();
	ck_assert_int_eq(run(), -EINVAL);
	ck_assert_str_eq(error, "profile 2: incompatible period types samples/count and samples/");
}
END_TEST

START_TEST(what_cannot_be_merged_is_said)
{
	atomic_bool cancel = false;
	ck_assert_int_eq(run(), -ENODATA);
	add();
	stack[0] = 1;
	add();
	ck_assert_int_eq(run(), -EBADMSG);
	ck_assert_str_eq(error, "profile 2: a sample has the location 1, which does not exist");
	profile_count--;
	free((void *)(uintptr_t)profiles[1].bytes);
	options.cancel = &cancel;
	expect_merged();
	cancel = true;
	ck_assert_int_eq(run(), -ECANCELED);
	cancel = false;
	options.memory = 100 << 10;
	ck_assert_int_ne(run(), 0);
}
END_TEST

/* ---- random profiles ----------------------------------------------------------------------------
 */

static void add_random(uint64_t family, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct random_pprof wanted = {.family = family, .member = i, .has_columns = true};
		struct bytes pprof = {0};
		random_pprof(&wanted, &pprof);
		add_bytes(pprof.at, pprof.size);
	}
}

/* Every profile but each keep-th becomes a record, of one dictionary or of the other. */
static void make_records(size_t keep)
{
	struct arena arena = {0};
	for (size_t i = 0; i < profile_count; i++) {
		struct merge_profile *p = &profiles[i];
		struct view_input input = {p->bytes, p->size, NULL};
		struct dictionary *d = dictionaries[i / 3 % 2];
		struct bytes record = {0};
		struct sheet sheet;
		struct view view;
		if (keep && i % keep == 0)
			continue;
		arena_clear(&arena);
		ck_assert_int_eq(view_open(&view, &arena, &input, error), 0);
		ck_assert_int_eq(sheet_take(&sheet, &arena, &view, d), 0);
		ck_assert_int_eq(record_encode(&sheet, &record, NULL), 0);
		free((void *)(uintptr_t)p->bytes);
		*p = (struct merge_profile){
			.bytes = record.at, .size = record.size, .dictionary = d};
	}
	arena_free(&arena);
}

static uint8_t *encode(size_t *size)
{
	uint8_t *bytes;
	expect_merged();
	ck_assert_int_eq(merged_encode(merged, 0, &bytes, size), 0);
	return bytes;
}

START_TEST(several_threads_make_the_same)
{
	size_t one_size, many_size;
	add_random(7, MOST);
	uint8_t *one = encode(&one_size);
	for (options.threads = 2; options.threads < 6; options.threads++) {
		uint8_t *many = encode(&many_size);
		ck_assert_uint_eq(one_size, many_size);
		ck_assert_mem_eq(one, many, one_size);
		free(many);
	}
	free(one);
}
END_TEST

struct content { /* of a pprof, whatever its order */
	struct view_counts count;
	uint64_t sum, squares;
};

static struct content content_of(uint8_t *pprof, size_t size)
{
	struct arena arena = {0};
	struct view view;
	struct view_input input = {pprof, size, NULL};
	ck_assert_msg(!view_open(&view, &arena, &input, error), "%s", error);
	struct content content = {.count = view.count};
	for (size_t i = 0; i < (size_t)view.count.samples * view.count.types; i++) {
		content.sum += (uint64_t)view.values[i] * (i % view.count.types + 1);
		content.squares += (uint64_t)view.values[i] * (uint64_t)view.values[i];
	}
	arena_free(&arena);
	free(pprof);
	return content;
}

/* Of two dictionaries, with pprofs in between, and by several threads. */
START_TEST(records_make_the_same_as_pprofs)
{
	size_t size;
	for (uint64_t family = 0; family < 8; family++) {
		clear_profiles();
		add_random(family, MOST);
		options.threads = 1;
		uint8_t *bytes = encode(&size);
		struct content pprofs = content_of(bytes, size);
		make_records(family % 3);
		options.threads = 1 + (unsigned)family % 4;
		bytes = encode(&size);
		struct content records = content_of(bytes, size);
		ck_assert_mem_eq(&pprofs, &records, sizeof(pprofs));
	}
}
END_TEST

START_TEST(the_first_failure_is_told_by_however_many_threads)
{
	add_random(7, MOST);
	for (size_t i = 41; i < MOST; i += 9)
		profiles[i].size = 10;
	for (options.threads = 1; options.threads < 6; options.threads++) {
		ck_assert_int_eq(run(), -EBADMSG);
		ck_assert_ptr_nonnull(strstr(error, "profile 42: "));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("merge");
	TCase *tcase = tcase_create("merge");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_single_profile_comes_back_as_it_came);
	tcase_add_test(tcase, equal_samples_are_summed_and_zeros_go);
	tcase_add_test(tcase, samples_of_zeros_leave_nothing_behind);
	tcase_add_test(tcase, mappings_are_the_same_wherever_they_lie);
	tcase_add_test(tcase, what_tells_mappings_apart);
	tcase_add_test(tcase, what_tells_locations_apart);
	tcase_add_test(tcase, what_tells_labels_apart);
	tcase_add_test(tcase, heads_are_combined);
	tcase_add_test(tcase, other_types_are_refused_by_name);
	tcase_add_test(tcase, what_cannot_be_merged_is_said);
	tcase_add_test(tcase, several_threads_make_the_same);
	tcase_add_test(tcase, records_make_the_same_as_pprofs);
	tcase_add_test(tcase, the_first_failure_is_told_by_however_many_threads);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
