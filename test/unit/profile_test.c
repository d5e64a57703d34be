/* SPDX-License-Identifier: Apache-2.0 */
/* profile_test.c -- stacks are summed, named and written as pprof that a reader understands. */
#include "core/profile.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/unit/suite.h"
#include "test/unit/unpack.h"

static struct maps *maps;
static struct profile *profile;

/* Functions whose names are to be found in the profile. */
int profile_test_inner(int);
int profile_test_outer(int);

__attribute__((noinline)) int profile_test_inner(int x)
{
	return x * 3;
}

__attribute__((noinline)) int profile_test_outer(int x)
{
	return profile_test_inner(x) + 1;
}

static void setup(void)
{
	maps = maps_create();
	ck_assert_int_ge(maps_refresh(maps), 0);
	profile = profile_create(maps, PROFILE_CPU);
}

static void teardown(void)
{
	profile_destroy(profile);
	maps_destroy(maps);
}

static bool add(uint32_t tid, enum unwind_end end, const uint64_t *pcs, size_t count)
{
	struct profile_stack stack = {tid, end, pcs, count};
	const double values[] = {[CPU_SAMPLES] = 1, [CPU_NS] = 10};
	return profile_add(profile, &stack, values) >= 0;
}

static Perftools__Profiles__Profile *encode(void)
{
	static const char *const comments[] = {"one=1", "two=2"};
	struct profile_facts facts = {
		.start_ns = 1700000000000000000,
		.duration_ns = 5000000000,
		.period = 10000000,
		.pid = getpid(),
		.comments = comments,
		.comment_count = 2,
	};
	uint8_t *bytes;
	size_t size;
	ck_assert_int_eq(profile_encode(profile, &facts, &bytes, &size), 0);
	Perftools__Profiles__Profile *decoded = unpack(bytes, size);
	free(bytes);
	return decoded;
}

static const char *text(const Perftools__Profiles__Profile *p, int64_t index)
{
	return p->string_table[index];
}

/* The function at a frame of a sample; ids are 1..n. */
static const char *function_at(const Perftools__Profiles__Profile *p, size_t sample, size_t frame)
{
	const Perftools__Profiles__Location *location =
		p->location[p->sample[sample]->location_id[frame] - 1];
	return text(p, p->function[location->line[0]->function_id - 1]->name);
}

START_TEST(equal_stacks_of_a_thread_are_one_sample)
{
	uint64_t pcs[] = {(uintptr_t)profile_test_inner, (uintptr_t)profile_test_outer + 4};
	add(7, UNWIND_COMPLETE, pcs, 2);
	add(7, UNWIND_COMPLETE, pcs, 2);
	add(8, UNWIND_COMPLETE, pcs, 2);
	add(7, UNWIND_COMPLETE, pcs, 1);
	add(7, UNWIND_TRUNCATED, pcs, 2);
	ck_assert_double_eq(profile_total(profile, CPU_NS), 50);
	Perftools__Profiles__Profile *p = encode();
	ck_assert_uint_eq(p->n_sample, 4);
	ck_assert_int_eq(p->sample[0]->value[0], 2);
	ck_assert_int_eq(p->sample[0]->value[1], 20);
	unpack_free(p);
}
END_TEST

START_TEST(frames_have_names_and_mappings)
{
	uint64_t pcs[] = {(uintptr_t)profile_test_inner, (uintptr_t)profile_test_outer + 4, 16};
	add(7, UNWIND_COMPLETE, pcs, 3);
	Perftools__Profiles__Profile *p = encode();
	ck_assert_str_eq(function_at(p, 0, 0), "profile_test_inner");
	ck_assert_str_eq(function_at(p, 0, 1), "profile_test_outer");
	ck_assert_str_eq(function_at(p, 0, 2), "[unknown]");
	ck_assert_uint_eq(p->n_mapping, 1);
	ck_assert_ptr_nonnull(strstr(text(p, p->mapping[0]->filename), "profile"));
	ck_assert_uint_ge(strlen(text(p, p->mapping[0]->build_id)), 16);
	ck_assert(p->mapping[0]->has_functions);
	unpack_free(p);
}
END_TEST

START_TEST(how_a_stack_ended_is_its_outermost_frame)
{
	uint64_t pc = (uintptr_t)profile_test_inner;
	add(1, UNWIND_COMPLETE, &pc, 1);
	add(2, UNWIND_TRUNCATED, &pc, 1);
	add(3, UNWIND_LOST, &pc, 1);
	Perftools__Profiles__Profile *p = encode();
	ck_assert_uint_eq(p->sample[0]->n_location_id, 1);
	ck_assert_str_eq(function_at(p, 1, 1), "[truncated]");
	ck_assert_str_eq(function_at(p, 2, 1), "[unknown]");
	unpack_free(p);
}
END_TEST

START_TEST(threads_are_labels)
{
	uint64_t pc = (uintptr_t)profile_test_inner;
	add(41, UNWIND_COMPLETE, &pc, 1);
	add(0, UNWIND_COMPLETE, &pc, 1);
	profile_name_thread(profile, 41, "first");
	profile_name_thread(profile, 41, "worker");
	Perftools__Profiles__Profile *p = encode();
	const Perftools__Profiles__Sample *sample = p->sample[0];
	ck_assert_uint_eq(sample->n_label, 2);
	ck_assert_str_eq(text(p, sample->label[0]->key), "thread_id");
	ck_assert_int_eq(sample->label[0]->num, 41);
	ck_assert_str_eq(text(p, sample->label[1]->key), "thread");
	ck_assert_str_eq(text(p, sample->label[1]->str), "worker");
	ck_assert_uint_eq(p->sample[1]->n_label, 1); /* a number 0 would be lost */
	ck_assert_str_eq(text(p, p->sample[1]->label[0]->str), "[short-lived]");
	unpack_free(p);
}
END_TEST

START_TEST(facts_are_in_the_profile)
{
	uint64_t pc = (uintptr_t)profile_test_inner;
	add(1, UNWIND_COMPLETE, &pc, 1);
	Perftools__Profiles__Profile *p = encode();
	ck_assert_uint_eq(p->n_sample_type, 2);
	ck_assert_str_eq(text(p, p->sample_type[0]->type), "samples");
	ck_assert_str_eq(text(p, p->sample_type[0]->unit), "count");
	ck_assert_str_eq(text(p, p->sample_type[1]->type), "cpu");
	ck_assert_str_eq(text(p, p->sample_type[1]->unit), "nanoseconds");
	ck_assert_str_eq(text(p, p->period_type->type), "cpu");
	ck_assert_int_eq(p->period, 10000000);
	ck_assert_int_eq(p->time_nanos, 1700000000000000000);
	ck_assert_int_eq(p->duration_nanos, 5000000000);
	ck_assert_uint_eq(p->n_comment, 2);
	ck_assert_str_eq(text(p, p->comment[1]), "two=2");
	unpack_free(p);
}
END_TEST

START_TEST(full_table_refuses_new_stacks_and_still_sums_known_ones)
{
	uint64_t pcs[2] = {0, 0x1000};
	uint32_t i = 0;
	do
		pcs[0] = ++i;
	while (add(1, UNWIND_COMPLETE, pcs, 2));
	ck_assert_uint_eq(i, PROFILE_STACKS_MAX + 1);
	pcs[0] = 5;
	ck_assert(add(1, UNWIND_COMPLETE, pcs, 2));
	profile_clear(profile);
	ck_assert_double_eq(profile_total(profile, CPU_NS), 0);
	ck_assert(add(1, UNWIND_COMPLETE, pcs, 2));
}
END_TEST

START_TEST(frames_of_all_stacks_are_bounded)
{
	static uint64_t pcs[UNWIND_FRAMES_MAX];
	uint32_t taken = 0;
	do
		pcs[0] = ++taken;
	while (add(1, UNWIND_COMPLETE, pcs, UNWIND_FRAMES_MAX));
	ck_assert_uint_eq(taken - 1, PROFILE_FRAMES_MAX / UNWIND_FRAMES_MAX);
}
END_TEST

START_TEST(empty_table_gives_no_profile)
{
	struct profile_facts facts = {.start_ns = 1, .period = 1};
	uint8_t *bytes;
	size_t size;
	ck_assert_int_eq(profile_encode(profile, &facts, &bytes, &size), -ENODATA);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("profile");
	TCase *tcase = tcase_create("profile");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, equal_stacks_of_a_thread_are_one_sample);
	tcase_add_test(tcase, frames_have_names_and_mappings);
	tcase_add_test(tcase, how_a_stack_ended_is_its_outermost_frame);
	tcase_add_test(tcase, threads_are_labels);
	tcase_add_test(tcase, facts_are_in_the_profile);
	tcase_add_test(tcase, full_table_refuses_new_stacks_and_still_sums_known_ones);
	tcase_add_test(tcase, frames_of_all_stacks_are_bounded);
	tcase_add_test(tcase, empty_table_gives_no_profile);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
