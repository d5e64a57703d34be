/* SPDX-License-Identifier: Apache-2.0 */
/* pprof_test.c -- one period's samples become the bytes of one pprof profile. */
#include "encoder/pprof.h"

#include "encoder/gzip.h"
#include "test/unit/suite.h"
#include "test/unit/unpack.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The allocator below the test's own functions, which take the C library's place. */
#ifdef __SANITIZE_ADDRESS__
#define BELOW(name) __interceptor_##name
#else
#define BELOW(name) __libc_##name
#endif
void *BELOW(malloc)(size_t size);
void *BELOW(calloc)(size_t count, size_t size);
void *BELOW(realloc)(void *memory, size_t size);

static struct {
	unsigned left;	/* allocations until one fails; 0: none does */
	unsigned count; /* since it was set to 0 */
} memory;

static bool allocation_fails(void)
{
	memory.count++;
	return memory.left && --memory.left == 0;
}

void *malloc(size_t size)
{
	return allocation_fails() ? NULL : BELOW(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : BELOW(calloc)(count, size);
}

void *realloc(void *old, size_t size)
{
	return allocation_fails() ? NULL : BELOW(realloc)(old, size);
}

static const uint8_t build_id[] = {0x01, 0xab, 0xff};

static struct pprof *create_cpu(void)
{
	struct pprof *p = pprof_create();
	if (!p)
		return NULL;
	pprof_sample_type(p, "samples", "count");
	pprof_sample_type(p, "cpu", "nanoseconds");
	pprof_period(p, "cpu", "nanoseconds", 10000000);
	pprof_time(p, 1795252415000000000, 45000000000);
	return p;
}

static int add_sample(struct pprof *p, const uint32_t *locations, size_t count, int64_t ticks)
{
	int64_t values[] = {ticks, ticks * 10000000};
	struct pprof_sample sample = {
		.locations = locations, .location_count = count, .values = values};
	return pprof_sample(p, &sample);
}

static Perftools__Profiles__Profile *decode(struct pprof *p)
{
	uint8_t *bytes;
	size_t size;
	ck_assert_int_eq(pprof_encode(p, &bytes, &size), 0);
	ck_assert_int_eq(bytes[0], 0x1f);
	Perftools__Profiles__Profile *profile = unpack(bytes, size);
	free(bytes);
	return profile;
}

/* A program of two objects, one of them without symbols. NULL without memory. */
static struct pprof *create_example(void)
{
	struct pprof *p = create_cpu();
	if (!p)
		return NULL;
	struct pprof_mapping main_binary = {0x400000,	     0x500000, 0x1000,
					    "/usr/bin/shop", build_id, sizeof(build_id)};
	struct pprof_mapping library = {0x7f0000000000,	      0x7f0000010000, 0,
					"/usr/lib/libc.so.6", NULL,	      0};
	uint32_t binary = pprof_mapping(p, &main_binary);
	uint32_t libc = pprof_mapping(p, &library);
	uint32_t start = pprof_function(p, "main", NULL, "shop.cc");
	uint32_t sell = pprof_function(p, "sell(int)", "_Z4selli", "shop.cc");
	uint32_t stack[] = {
		pprof_location(p, libc, 0x7f0000001234, 0),
		pprof_location(p, binary, 0x400100, sell),
		pprof_location(p, binary, 0x400200, start),
	};
	struct pprof_label labels[] = {
		{.key = "thread_id", .num = 17},
		{.key = "thread", .str = "worker"},
		{.key = "queue", .num = 0, .unit = "count"},
	};
	int64_t values[] = {3, 30000000};
	struct pprof_sample labelled = {stack, 3, values, labels, 3};
	pprof_sample(p, &labelled);
	add_sample(p, stack + 1, 2, 1);
	pprof_default_type(p, "cpu");
	pprof_comment(p, "2 samples lost");
	return p;
}

static const char *text_of(const Perftools__Profiles__Profile *p, int64_t index)
{
	return p->string_table[index];
}

static void dump_samples(FILE *to, const Perftools__Profiles__Profile *p)
{
	for (size_t i = 0; i < p->n_sample; i++) {
		const Perftools__Profiles__Sample *s = p->sample[i];
		fprintf(to, "sample");
		for (size_t k = 0; k < s->n_value; k++)
			fprintf(to, " %" PRId64, s->value[k]);
		fprintf(to, " at");
		for (size_t k = 0; k < s->n_location_id; k++)
			fprintf(to, " %" PRIu64, s->location_id[k]);
		for (size_t k = 0; k < s->n_label; k++)
			fprintf(to, " %s='%s',%" PRId64 ",'%s'", text_of(p, s->label[k]->key),
				text_of(p, s->label[k]->str), s->label[k]->num,
				text_of(p, s->label[k]->num_unit));
		fprintf(to, "\n");
	}
}

static void dump_tables(FILE *to, const Perftools__Profiles__Profile *p)
{
	for (size_t i = 0; i < p->n_mapping; i++) {
		const Perftools__Profiles__Mapping *m = p->mapping[i];
		fprintf(to,
			"mapping %" PRIu64 " %" PRIx64 "-%" PRIx64 "+%" PRIx64 " '%s' '%s' %s\n",
			m->id, m->memory_start, m->memory_limit, m->file_offset,
			text_of(p, m->filename), text_of(p, m->build_id),
			m->has_functions ? "functions" : "bare");
	}
	for (size_t i = 0; i < p->n_location; i++) {
		const Perftools__Profiles__Location *l = p->location[i];
		fprintf(to, "location %" PRIu64 " mapping %" PRIu64 " address %" PRIx64, l->id,
			l->mapping_id, l->address);
		for (size_t k = 0; k < l->n_line; k++)
			fprintf(to, " function %" PRIu64, l->line[k]->function_id);
		fprintf(to, "\n");
	}
	for (size_t i = 0; i < p->n_function; i++)
		fprintf(to, "function %" PRIu64 " '%s' '%s' '%s'\n", p->function[i]->id,
			text_of(p, p->function[i]->name), text_of(p, p->function[i]->system_name),
			text_of(p, p->function[i]->filename));
	for (size_t i = 0; i < p->n_string_table; i++)
		fprintf(to, "text %zu '%s'\n", i, p->string_table[i]);
}

static void dump(FILE *to, const Perftools__Profiles__Profile *p)
{
	for (size_t i = 0; i < p->n_sample_type; i++)
		fprintf(to, "type %s/%s\n", text_of(p, p->sample_type[i]->type),
			text_of(p, p->sample_type[i]->unit));
	fprintf(to, "default %s\nperiod %" PRId64 " %s/%s\n", text_of(p, p->default_sample_type),
		p->period, text_of(p, p->period_type->type), text_of(p, p->period_type->unit));
	fprintf(to, "time %" PRId64 " duration %" PRId64 "\n", p->time_nanos, p->duration_nanos);
	for (size_t i = 0; i < p->n_comment; i++)
		fprintf(to, "comment %s\n", text_of(p, p->comment[i]));
	dump_samples(to, p);
	dump_tables(to, p);
}

START_TEST(the_example_decodes_to_the_golden_text)
{
	struct pprof *p = create_example();
	Perftools__Profiles__Profile *profile = decode(p);
	char *text, golden[4096] = "";
	size_t size;
	FILE *to = open_memstream(&text, &size), *from = fopen("test/golden/pprof.txt", "re");
	dump(to, profile);
	fclose(to);
	ck_assert_ptr_nonnull(from);
	fread(golden, 1, sizeof(golden) - 1, from);
	fclose(from);
	ck_assert_str_eq(text, golden);
	free(text);
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

START_TEST(equal_arguments_get_equal_ids)
{
	struct pprof *p = create_cpu();
	struct pprof_mapping one = {1, 2, 3, "a", build_id, 3}, other = {1, 2, 3, "a", build_id, 2};
	ck_assert_uint_eq(pprof_mapping(p, &one), 1);
	ck_assert_uint_eq(pprof_mapping(p, &other), 2);
	ck_assert_uint_eq(pprof_mapping(p, &one), 1);
	ck_assert_uint_eq(pprof_function(p, "f", NULL, NULL), 1);
	ck_assert_uint_eq(pprof_function(p, "f", "", ""), 1);
	ck_assert_uint_eq(pprof_function(p, "f", "f", NULL), 1);
	ck_assert_uint_eq(pprof_function(p, "f", "_Z1f", NULL), 2);
	ck_assert_uint_eq(pprof_function(p, "f", NULL, "f.c"), 3);
	ck_assert_uint_eq(pprof_function(p, "", "_Z1f", NULL), 0);
	ck_assert_uint_eq(pprof_location(p, 1, 16, 1), 1);
	ck_assert_uint_eq(pprof_location(p, 2, 16, 1), 2);
	ck_assert_uint_eq(pprof_location(p, 1, 17, 1), 3);
	ck_assert_uint_eq(pprof_location(p, 1, 16, 2), 4);
	ck_assert_uint_eq(pprof_location(p, 1, 16, 1), 1);
	ck_assert_uint_eq(pprof_location(p, 0, 0, 0), 5);
	pprof_destroy(p);
}
END_TEST

START_TEST(a_mapping_is_symbolised_when_all_its_locations_are)
{
	struct pprof *p = create_cpu();
	uint32_t function = pprof_function(p, "f", NULL, NULL), location = 0;
	for (uint64_t i = 1; i <= 4; i++)
		pprof_mapping(p, &(struct pprof_mapping){.start = i});
	location = pprof_location(p, 1, 1, function);
	pprof_location(p, 2, 2, function);
	pprof_location(p, 2, 3, 0);
	pprof_location(p, 3, 4, 0);
	add_sample(p, &location, 1, 1);
	Perftools__Profiles__Profile *profile = decode(p);
	ck_assert(profile->mapping[0]->has_functions);
	ck_assert(!profile->mapping[1]->has_functions);
	ck_assert(!profile->mapping[2]->has_functions);
	ck_assert(!profile->mapping[3]->has_functions); /* nothing was asked of it */
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

START_TEST(texts_become_valid_utf8)
{
	char large[PPROF_TEXT_MAX + 100];
	struct pprof *p = create_cpu();
	memset(large, 'x', sizeof(large));
	memcpy(large + PPROF_TEXT_MAX - 1, "\xe2\x82\xac", 4); /* the cut goes through it */
	uint32_t id = pprof_location(p, 0, 1, pprof_function(p, "a\xff\nb", large, NULL));
	add_sample(p, &id, 1, 1);
	Perftools__Profiles__Profile *profile = decode(p);
	ck_assert_str_eq(text_of(profile, profile->function[0]->name), "a\xef\xbf\xbd\xef\xbf\xbd"
								       "b");
	large[PPROF_TEXT_MAX - 1] = '\0';
	ck_assert_str_eq(text_of(profile, profile->function[0]->system_name), large);
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

START_TEST(labels_that_say_nothing_are_left_out)
{
	struct pprof *p = create_cpu();
	int64_t values[] = {1, 1};
	struct pprof_label labels[] = {
		{.key = "empty", .str = ""},	  {.key = "zero"},
		{.key = "kept", .unit = "bytes"}, {.key = "", .num = 1},
		{.key = "negative", .num = -1},
	};
	struct pprof_sample sample = {.values = values, .labels = labels, .label_count = 5};
	ck_assert_int_eq(pprof_sample(p, &sample), 0);
	Perftools__Profiles__Profile *profile = decode(p);
	const Perftools__Profiles__Sample *decoded = profile->sample[0];
	ck_assert_uint_eq(decoded->n_label, 2);
	ck_assert_str_eq(text_of(profile, decoded->label[0]->key), "kept");
	ck_assert_str_eq(text_of(profile, decoded->label[0]->num_unit), "bytes");
	ck_assert_int_eq(decoded->label[1]->num, -1);
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

START_TEST(a_profile_without_samples_is_no_profile)
{
	struct pprof *p = create_cpu();
	uint8_t *bytes;
	size_t size;
	ck_assert_int_eq(pprof_encode(p, &bytes, &size), -ENODATA);
	ck_assert_int_eq(add_sample(p, NULL, 0, 1), 0); /* it may still come */
	ck_assert_int_eq(pprof_encode(p, &bytes, &size), 0);
	free(bytes);
	ck_assert_int_eq(pprof_encode(p, &bytes, &size), -EINVAL); /* once */
	ck_assert_int_eq(add_sample(p, NULL, 0, 1), -EINVAL);
	pprof_destroy(p);
	pprof_destroy(NULL);
}
END_TEST

static void expect_invalid(struct pprof *p)
{
	uint8_t *bytes;
	size_t size;
	add_sample(p, NULL, 0, 1);
	ck_assert_int_eq(pprof_encode(p, &bytes, &size), -EINVAL);
	pprof_destroy(p);
}

START_TEST(misuse_fails_the_profile)
{
	static const char *const names[] = {"", "a-b", "1a", "caf\xc3\xa9", "a b"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pprof *p = create_cpu();
		pprof_sample_type(p, names[i], "count");
		expect_invalid(p);
		p = create_cpu();
		pprof_sample_type(p, "objects", names[i]);
		expect_invalid(p);
	}
	struct pprof *p = create_cpu();
	for (size_t i = 0; i < PPROF_TYPES_MAX - 1; i++)
		pprof_sample_type(p, "objects", "count");
	expect_invalid(p);
	p = create_cpu();
	add_sample(p, NULL, 0, 1);
	pprof_sample_type(p, "late", "count");
	expect_invalid(p);
	p = create_cpu();
	pprof_location(p, 1, 0, 0);
	expect_invalid(p);
	p = create_cpu();
	pprof_location(p, 0, 0, 1);
	expect_invalid(p);
	p = create_cpu();
	add_sample(p, &(uint32_t){1}, 1, 1);
	expect_invalid(p);
	p = create_cpu();
	pprof_time(p, 0, 0);
	expect_invalid(p);
	p = pprof_create();
	pprof_time(p, 1, 0);
	expect_invalid(p);
	p = create_cpu();
	pprof_sample(p, &(struct pprof_sample){.label_count = PPROF_LABELS_MAX + 1});
	expect_invalid(p);
}
END_TEST

START_TEST(a_deep_stack_keeps_the_leaf_and_counts_the_rest)
{
	struct pprof *p = create_cpu();
	uint32_t stack[PPROF_FRAMES_MAX + 7];
	for (size_t i = 0; i < PPROF_FRAMES_MAX + 7; i++)
		stack[i] = pprof_location(p, 0, i + 1, 0);
	stack[3] = 0;
	ck_assert_int_eq(add_sample(p, stack, PPROF_FRAMES_MAX + 7, 1), 0);
	ck_assert_uint_eq(pprof_lost(p).frames, 7);
	Perftools__Profiles__Profile *profile = decode(p);
	const Perftools__Profiles__Sample *sample = profile->sample[0];
	ck_assert_uint_eq(sample->n_location_id, PPROF_FRAMES_MAX);
	ck_assert_uint_eq(sample->location_id[0], stack[0]);
	ck_assert_uint_eq(sample->location_id[3], stack[4]);
	ck_assert_uint_eq(sample->location_id[PPROF_FRAMES_MAX - 1], stack[PPROF_FRAMES_MAX]);
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

START_TEST(samples_beyond_the_limit_are_counted)
{
	struct pprof *p = create_cpu();
	for (size_t i = 0; i < PPROF_SAMPLES_MAX; i++)
		ck_assert_int_eq(add_sample(p, NULL, 0, 1), 0);
	ck_assert_int_eq(add_sample(p, NULL, 0, 1), -ENOSPC);
	ck_assert_uint_eq(pprof_lost(p).samples, 1);
	Perftools__Profiles__Profile *profile = decode(p);
	ck_assert_uint_eq(profile->n_sample, PPROF_SAMPLES_MAX);
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

/* Everything is filled until it is refused. The limit of decode() is the promise. */
START_TEST(a_full_profile_stays_within_its_raw_size)
{
	char name[PPROF_TEXT_MAX];
	struct pprof *p = create_cpu();
	uint32_t stack[PPROF_FRAMES_MAX], id = 0, last;
	memset(name, 'n', sizeof(name));
	for (unsigned i = 0; i < 500; i++) {
		snprintf(name + 3000, 8, "%u", i);
		pprof_function(p, name, NULL, NULL);
	}
	for (uint64_t i = 0; (last = pprof_location(p, 0, UINT64_MAX - i, 1)); i++)
		id = last;
	for (uint64_t i = 0; i < 100; i++)
		pprof_mapping(
			p, &(struct pprof_mapping){.start = UINT64_MAX - i, .limit = UINT64_MAX});
	ck_assert_uint_gt(pprof_lost(p).locations, 0);
	ck_assert_uint_gt(pprof_lost(p).mappings, 0);
	for (size_t i = 0; i < PPROF_FRAMES_MAX; i++)
		stack[i] = id;
	while (!add_sample(p, stack, PPROF_FRAMES_MAX, -1))
		continue;
	ck_assert_uint_gt(id, 16384); /* its varint has three bytes */
	ck_assert_uint_gt(pprof_lost(p).samples, 0);
	ck_assert_uint_eq(pprof_function(p, "a name that comes too late", NULL, NULL), 0);
	ck_assert(pprof_lost(p).texts && pprof_lost(p).functions);
	for (unsigned i = 0; i < PPROF_COMMENTS_MAX + 1; i++)
		pprof_comment(p, "samples");
	Perftools__Profiles__Profile *profile = decode(p);
	ck_assert_uint_eq(profile->n_comment, PPROF_COMMENTS_MAX);
	ck_assert_uint_gt(perftools__profiles__profile__get_packed_size(profile),
			  PPROF_RAW_MAX / 2);
	unpack_free(profile);
	pprof_destroy(p);
}
END_TEST

/* What the example makes when the n-th allocation fails: true when none was left to fail. */
static bool survives(unsigned n)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	memory.left = n;
	struct pprof *p = create_example();
	int result = p ? pprof_encode(p, &bytes, &size) : -ENOMEM;
	bool failed = !memory.left;
	memory.left = 0;
	ck_assert_int_eq(result, failed ? -ENOMEM : 0);
	if (failed)
		ck_assert_ptr_null(bytes);
	if (p && failed)
		ck_assert_int_eq(pprof_encode(p, &bytes, &size), -ENOMEM); /* it sticks */
	free(bytes);
	pprof_destroy(p);
	return !failed;
}

START_TEST(any_failed_allocation_fails_the_profile)
{
	unsigned n = 1;
	while (!survives(n))
		n++;
	ck_assert_uint_gt(n, 20); /* the allocator above is really in place */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pprof");
	TCase *tcase = tcase_create("pprof");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_example_decodes_to_the_golden_text);
	tcase_add_test(tcase, equal_arguments_get_equal_ids);
	tcase_add_test(tcase, a_mapping_is_symbolised_when_all_its_locations_are);
	tcase_add_test(tcase, texts_become_valid_utf8);
	tcase_add_test(tcase, labels_that_say_nothing_are_left_out);
	tcase_add_test(tcase, a_profile_without_samples_is_no_profile);
	tcase_add_test(tcase, misuse_fails_the_profile);
	tcase_add_test(tcase, a_deep_stack_keeps_the_leaf_and_counts_the_rest);
	tcase_add_test(tcase, samples_beyond_the_limit_are_counted);
	tcase_add_test(tcase, a_full_profile_stays_within_its_raw_size);
	tcase_add_test(tcase, any_failed_allocation_fails_the_profile);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
