/* SPDX-License-Identifier: Apache-2.0 */
/* range_test.c -- mappings that end whole, in parts, elsewhere, and unseen; against a map of pages.
 */
#include "core/range.h"
#include "core/live.h"
#include "test/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGES = 256, ROUNDS = 20000, THREADS = 4, INTERVAL = 1 << 20 };

static char memory[THREADS][PAGES * PAGE] __attribute__((aligned(PAGE))); /* never touched */

static void setup(void)
{
	ck_assert(live_open());
}

static char *page(size_t i)
{
	return memory[0] + i * PAGE;
}

/* A mapping that was sampled. */
static void put(const char *start, size_t pages)
{
	int range = range_claim(start, pages * PAGE);
	ck_assert_int_ne(range, RANGE_NONE);
	int slot = live_claim(range_name(range), pages * PAGE, INTERVAL);
	ck_assert_int_ne(slot, LIVE_NONE);
	live_show(slot, range_name(range));
	range_settle(range);
}

/* Of all that is alive; ratio is that of size to interval of one of them. */
static size_t pages_alive(size_t *count, double *ratio)
{
	size_t bytes = 0;
	struct live_block block;
	*count = 0;
	for (int slot = 0; slot < live_limit(); slot++) {
		if (!live_read(slot, &block))
			continue;
		bytes += block.size;
		*ratio = (double)block.size / block.interval;
		++*count;
	}
	return bytes / PAGE;
}

static void expect(size_t count, size_t pages)
{
	size_t seen;
	double ratio;
	ck_assert_uint_eq(pages_alive(&seen, &ratio), pages);
	ck_assert_uint_eq(seen, count);
}

START_TEST(what_was_not_sampled_is_not_there)
{
	int range = range_claim(page(0), PAGE);
	range_settle(range);
	ck_assert_int_eq(range_hide(page(0), PAGE), RANGE_NONE);
	ck_assert_int_eq(range_claim(page(0), PAGE), range);
}
END_TEST

START_TEST(ends_go_from_below_and_from_above)
{
	put(page(10), 10);
	range_cut(page(5), 7L * PAGE);
	expect(1, 8);
	range_cut(page(18), 9L * PAGE);
	expect(1, 6);
	range_cut(page(5), 7L * PAGE); /* once more: not its pages */
	range_cut(page(18), PAGE);
	expect(1, 6);
	range_cut(page(0), 100L * PAGE);
	expect(0, 0);
	ck_assert(!live_may_hold(range_name(0)));
}
END_TEST

START_TEST(of_a_mapping_with_a_hole_the_larger_part_is_kept)
{
	put(page(10), 10);
	range_cut(page(12), PAGE);
	expect(1, 7);
	range_cut(page(10), 2L * PAGE);
	expect(1, 7);
	range_cut(page(13), 7L * PAGE);
	expect(0, 0);
}
END_TEST

/* What is left stands for as many mappings as there were. */
START_TEST(a_smaller_one_keeps_its_weight)
{
	size_t count;
	double before, after;
	put(page(0), 64);
	pages_alive(&count, &before);
	range_cut(page(16), 48L * PAGE);
	expect(1, 16);
	pages_alive(&count, &after);
	ck_assert_double_eq_tol(after, before, before / 1000);
	put(page(100), (size_t)1 << 40); /* such products do not fit */
	range_cut(page(100), (size_t)1 << 30);
	pages_alive(&count, &after);
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(several_end_at_once)
{
	for (size_t i = 0; i < 8; i++)
		put(page(i * 10), 10);
	range_cut(page(5), 60L * PAGE);
	expect(3, 5 + 5 + 10);
}
END_TEST

START_TEST(one_that_moves_is_elsewhere_afterwards)
{
	put(page(0), 4);
	int range = range_hide(page(0), 4L * PAGE);
	ck_assert_int_ne(range, RANGE_NONE);
	expect(0, 0);
	range_moved(range, page(50), 9L * PAGE);
	expect(1, 9);
	range_cut(page(0), 40L * PAGE);
	expect(1, 9);
	range_cut(page(50), 9L * PAGE);
	expect(0, 0);
}
END_TEST

START_TEST(one_that_could_not_move_is_where_it_was)
{
	put(page(0), 4);
	int range = range_hide(page(0), 4L * PAGE);
	range_moved(range, page(0), 4L * PAGE);
	expect(1, 4);
	range_cut(page(0), 4L * PAGE);
	expect(0, 0);
}
END_TEST

START_TEST(moving_a_part_ends_it)
{
	put(page(0), 4);
	ck_assert_int_eq(range_hide(page(0), 2L * PAGE), RANGE_NONE);
	expect(1, 2);
}
END_TEST

/* As before each new mapping. */
START_TEST(whose_end_was_not_seen_takes_nothing_with_it)
{
	put(page(0), 4);
	range_cut(page(2), 8L * PAGE);
	put(page(2), 8);
	expect(2, 10);
	range_cut(page(0), 4L * PAGE);
	expect(1, 6);
}
END_TEST

START_TEST(no_room_is_said)
{
	for (size_t i = 0; i < LIVE_RANGES; i++)
		put((char *)((i + 16) * PAGE * 2), 1);
	ck_assert_int_eq(range_claim(page(0), PAGE), RANGE_NONE);
	range_cut((void *)(16L * PAGE * 2), PAGE);
	ck_assert_int_ne(range_claim(page(0), PAGE), RANGE_NONE);
}
END_TEST

/* Each thread has pages of its own, and knows whose each of them is. */
static void *map_and_cut(void *argument)
{
	size_t self = (size_t)argument;
	unsigned seed = (unsigned)self + 1;
	bool is_mapped[PAGES] = {0};
	for (int i = 0; i < ROUNDS; i++) {
		size_t from = (size_t)rand_r(&seed) % (PAGES - 16);
		size_t count = (size_t)rand_r(&seed) % 15 + 1;
		char *start = memory[self] + from * PAGE;
		range_cut(start, count * PAGE);
		memset(is_mapped + from, 0, count);
		if (rand_r(&seed) % 2)
			continue;
		put(start, count);
		memset(is_mapped + from, 1, count);
	}
	size_t left = 0;
	for (size_t i = 0; i < PAGES; i++)
		left += is_mapped[i];
	return (void *)left;
}

/* Holes take parts with them, so that less is known than there is, and never more. */
START_TEST(threads_that_map_at_once_have_all_of_theirs)
{
	pthread_t threads[THREADS];
	size_t most = 0, count;
	double ratio;
	void *left;
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, map_and_cut, (void *)i);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &left);
		most += (size_t)left;
	}
	size_t alive = pages_alive(&count, &ratio);
	ck_assert_uint_le(alive, most);
	ck_assert_uint_ge(alive, most / 2);
	for (size_t i = 0; i < THREADS; i++)
		range_cut(memory[i], sizeof(memory[i]));
	expect(0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("range");
	TCase *tests = tcase_create("range");
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, what_was_not_sampled_is_not_there);
	tcase_add_test(tests, ends_go_from_below_and_from_above);
	tcase_add_test(tests, of_a_mapping_with_a_hole_the_larger_part_is_kept);
	tcase_add_test(tests, a_smaller_one_keeps_its_weight);
	tcase_add_test(tests, several_end_at_once);
	tcase_add_test(tests, one_that_moves_is_elsewhere_afterwards);
	tcase_add_test(tests, one_that_could_not_move_is_where_it_was);
	tcase_add_test(tests, moving_a_part_ends_it);
	tcase_add_test(tests, whose_end_was_not_seen_takes_nothing_with_it);
	tcase_add_test(tests, no_room_is_said);
	tcase_add_test(tests, threads_that_map_at_once_have_all_of_theirs);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
