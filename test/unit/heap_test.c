/* SPDX-License-Identifier: Apache-2.0 */
/* heap_test.c -- what samples stand for, against the truth: for blocks of all sizes, allocated and
 * alive. The generator is given its seed, so that each run sees the same samples.
 */
#include "core/birth.h"
#include "core/heap.h"
#include "core/inventory.h"
#include "test/unit/suite.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	CLASSES = 4,
	SEEDS = 30,
	INTERVAL = 64 << 10,
	CLASS_BYTES = 256 << 20,
};

/* No worker here: the test takes the records. */
bool birth_worker(struct state *unused)
{
	(void)unused;
	return false;
}

static const size_t sizes[CLASSES] = {16, 1 << 10, 64 << 10, 4 << 20};

static struct state *state;
static struct maps *maps;
static struct inventory *inventory;
static uintptr_t next_block;

/* What one class came to: blocks and bytes, allocated and alive. */
struct totals {
	double values[PROFILE_VALUES_MAX];
};

static void setup(void)
{
	state = state_open();
	ck_assert(heap_open(state, INTERVAL));
	maps = maps_create();
	inventory = inventory_create(state, maps);
	heap_thread.random = 0;
	next_block = 4096;
}

static void teardown(void)
{
	inventory_destroy(inventory);
	maps_destroy(maps);
}

static void seed(uint64_t number)
{
	/* the first distance belongs to whatever came before */
	heap_thread.random = number * UINT64_C(0x9e3779b97f4a7c15);
	heap_thread.left = 0;
	heap_thread.interval = INTERVAL;
	heap_take(NULL, 1);
}

static void sample_all(void)
{
	ck_assert(heap_open(state, 1));
	seed(1);
	heap_thread.left = 0;
	heap_thread.interval = 1;
}

/* Takes the records out of the ring; those of a class have a stack of their own. */
static void drain(uint64_t stack_of)
{
	size_t len;
	struct sample *sample;
	while ((sample = ring_peek(&state->ring, ring_head(&state->ring), &len))) {
		struct profile_stack stack = {.pcs = &stack_of, .count = 1};
		ck_assert_int_eq(sample->kind, SAMPLE_ALLOCATION);
		inventory_add(inventory, sample, &stack);
		ring_release(&state->ring, sample);
	}
}

static void *allocate(size_t size)
{
	void *block = (void *)next_block;
	next_block += 16;
	if (!heap_count(size))
		heap_take(block, size);
	return block;
}

/* Allocates a class and frees each block with this probability; returns what is alive in truth. */
static size_t run_class(int class, size_t count, double freed)
{
	size_t alive = count;
	for (size_t i = 0; i < count; i++) {
		void *block = allocate(sizes[class]);
		if (freed > 0 && drand48() < freed) {
			heap_forget(block);
			alive--;
		}
		if (i % 1024 == 0)
			drain((uint64_t) class + 1);
	}
	drain((uint64_t) class + 1);
	return alive;
}

static struct totals totals_of_all(void)
{
	struct totals totals;
	for (int i = 0; i < PROFILE_VALUES_MAX; i++)
		totals.values[i] = profile_total(inventory_profile(inventory), i);
	return totals;
}

/* The standard deviation of the sum of count blocks that are sampled one by one. */
static double deviation_of(size_t size, double count)
{
	double p = -expm1(-((double)size + 1) / INTERVAL);
	return sqrt(count * (1 - p) / p);
}

struct verdict {
	double sum_of_ratios;
	int outside; /* of three standard deviations */
};

static void judge(struct verdict *verdict, size_t size, double estimate, double truth)
{
	verdict->sum_of_ratios += estimate / truth;
	verdict->outside += fabs(estimate - truth) > 3 * deviation_of(size, truth) + 1e-6;
}

/* Three deviations hold 997 of 1000, so that one of 30 may well be outside. */
static void check(const struct verdict *verdict, size_t size)
{
	double mean = verdict->sum_of_ratios / SEEDS;
	ck_assert_msg(fabs(mean - 1) < 0.01, "%zu bytes: %.4f of the truth", size, mean);
	ck_assert_int_le(verdict->outside, 1);
}

static void check_class(int class, double freed)
{
	struct verdict allocated = {0}, alive = {0};
	size_t count = CLASS_BYTES / sizes[class];
	srand48(class);
	for (uint64_t i = 1; i <= SEEDS; i++) {
		teardown();
		setup();
		memset(live_table, 0, sizeof(*live_table));
		seed(i);
		size_t left = run_class(class, count, freed);
		inventory_settle(inventory);
		struct totals totals = totals_of_all();
		judge(&allocated, sizes[class], totals.values[HEAP_ALLOC_BLOCKS], (double)count);
		judge(&alive, sizes[class], totals.values[HEAP_LIVE_BLOCKS], (double)left);
		ck_assert_double_eq_tol(totals.values[HEAP_ALLOC_BYTES],
					totals.values[HEAP_ALLOC_BLOCKS] * (double)sizes[class], 1);
		ck_assert_double_eq_tol(totals.values[HEAP_LIVE_BYTES],
					totals.values[HEAP_LIVE_BLOCKS] * (double)sizes[class], 1);
	}
	check(&allocated, sizes[class]);
	check(&alive, sizes[class]);
}

START_TEST(samples_stand_for_what_was_allocated)
{
	check_class(_i, 0);
}
END_TEST

START_TEST(samples_stand_for_what_is_alive_after_random_frees)
{
	check_class(_i, 0.5);
}
END_TEST

START_TEST(an_interval_of_one_counts_every_block)
{
	sample_all();
	void *blocks[300];
	for (size_t i = 0; i < 300; i++)
		blocks[i] = allocate(i);
	for (size_t i = 0; i < 100; i++)
		heap_forget(blocks[i]);
	drain(1);
	inventory_settle(inventory);
	struct totals totals = totals_of_all();
	ck_assert_double_eq(totals.values[HEAP_ALLOC_BLOCKS], 300);
	ck_assert_double_eq(totals.values[HEAP_ALLOC_BYTES], 299 * 300 / 2.0);
	ck_assert_double_eq(totals.values[HEAP_LIVE_BLOCKS], 200);
	ck_assert_double_eq(totals.values[HEAP_LIVE_BYTES], (299 * 300 - 99 * 100) / 2.0);
}
END_TEST

START_TEST(what_the_allocator_refused_is_not_counted)
{
	ck_assert(heap_open(state, 1));
	seed(1);
	uint64_t mark = heap_mark();
	heap_count_since(mark, NULL, 100);
	heap_take(NULL, SIZE_MAX - 1);
	drain(1);
	inventory_settle(inventory);
	ck_assert_double_eq(totals_of_all().values[HEAP_ALLOC_BLOCKS], 0);
}
END_TEST

START_TEST(a_function_that_calls_another_counts_once)
{
	static const uint32_t intervals[] = {1, 100, INTERVAL};
	ck_assert(heap_open(state, intervals[_i]));
	for (int i = 0; i < 1000; i++) {
		uint64_t mark = heap_mark();
		void *block = allocate(50);
		uint64_t left = heap_thread.left, random = heap_thread.random;
		heap_count_since(mark, block, 50);
		ck_assert_uint_eq(heap_thread.left, left);
		ck_assert_uint_eq(heap_thread.random, random);
	}
}
END_TEST

START_TEST(blocks_without_a_record_are_counted_without_a_stack)
{
	sample_all();
	size_t count = (size_t)2 * STATE_RING_SIZE / sizeof(struct sample);
	for (size_t i = 0; i < count; i++)
		allocate(10);
	ck_assert_uint_gt(atomic_load(&state->unrecorded_blocks), 0);
	drain(1);
	inventory_settle(inventory);
	struct totals totals = totals_of_all();
	ck_assert_double_eq(totals.values[HEAP_ALLOC_BLOCKS], (double)count);
	ck_assert_double_eq(totals.values[HEAP_LIVE_BYTES], (double)count * 10);
	inventory_next_period(inventory);
	inventory_settle(inventory);
	ck_assert_double_eq(totals_of_all().values[HEAP_ALLOC_BLOCKS], 0);
}
END_TEST

START_TEST(a_stack_lives_as_long_as_a_block_of_it)
{
	sample_all();
	void *gone = allocate(10);
	drain(1);
	void *stays = allocate(20);
	drain(2);
	inventory_settle(inventory);
	heap_forget(gone);
	for (int period = 0; period < 3; period++) {
		inventory_next_period(inventory);
		inventory_settle(inventory);
		struct totals totals = totals_of_all();
		ck_assert_double_eq(totals.values[HEAP_ALLOC_BLOCKS], 0);
		ck_assert_double_eq(totals.values[HEAP_LIVE_BYTES], 20);
	}
	heap_forget(stays);
	inventory_next_period(inventory);
	inventory_settle(inventory);
	ck_assert_double_eq(totals_of_all().values[HEAP_LIVE_BLOCKS], 0);
}
END_TEST

START_TEST(the_next_worker_counts_what_was_alive_before_it)
{
	sample_all();
	allocate(10);
	drain(1);
	allocate(30); /* its record is still to be taken */
	inventory_destroy(inventory);
	inventory = inventory_create(state, maps);
	drain(2);
	allocate(50); /* and this one's is not, this time */
	inventory_settle(inventory);
	ck_assert_double_eq(totals_of_all().values[HEAP_LIVE_BYTES], 40);
}
END_TEST

/* So many samples in each second, looked at as often as the worker does. */
static void pass_seconds(uint64_t *now_ns, int seconds, uint64_t rate)
{
	for (int i = 0; i < seconds * 5; i++) {
		*now_ns += 200000000;
		/* the same bytes are sampled more rarely when the interval is longer */
		uint32_t interval = atomic_load(&state->heap_interval);
		atomic_fetch_add(&state->allocations, rate / 5 * INTERVAL / interval);
		inventory_pace(inventory, INTERVAL, *now_ns);
	}
}

START_TEST(the_interval_grows_and_shrinks_with_the_rate)
{
	uint64_t now_ns = UINT64_C(1000000000);
	inventory_pace(inventory, INTERVAL, now_ns);
	pass_seconds(&now_ns, 2, INVENTORY_RATE);
	ck_assert_uint_eq(atomic_load(&state->heap_interval), INTERVAL);
	pass_seconds(&now_ns, 2, UINT64_C(30) * INVENTORY_RATE);
	ck_assert_uint_eq(atomic_load(&state->heap_interval), UINT32_C(32) * INTERVAL);
	pass_seconds(&now_ns, 4, 10);
	ck_assert_uint_eq(atomic_load(&state->heap_interval), INTERVAL);
}
END_TEST

START_TEST(an_interval_of_one_stays)
{
	uint64_t now_ns = UINT64_C(1000000000);
	ck_assert(heap_open(state, 1));
	for (int i = 0; i < 10; i++) {
		atomic_fetch_add(&state->allocations, 1000000);
		inventory_pace(inventory, 1, now_ns += 500000000);
	}
	ck_assert_uint_eq(atomic_load(&state->heap_interval), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heap");
	TCase *tests = tcase_create("heap");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, samples_stand_for_what_was_allocated, 0, CLASSES);
	tcase_add_loop_test(tests, samples_stand_for_what_is_alive_after_random_frees, 0, CLASSES);
	tcase_add_test(tests, an_interval_of_one_counts_every_block);
	tcase_add_test(tests, what_the_allocator_refused_is_not_counted);
	tcase_add_loop_test(tests, a_function_that_calls_another_counts_once, 0, 3);
	tcase_add_test(tests, blocks_without_a_record_are_counted_without_a_stack);
	tcase_add_test(tests, a_stack_lives_as_long_as_a_block_of_it);
	tcase_add_test(tests, the_interval_grows_and_shrinks_with_the_rate);
	tcase_add_test(tests, an_interval_of_one_stays);
	tcase_add_test(tests, the_next_worker_counts_what_was_alive_before_it);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
