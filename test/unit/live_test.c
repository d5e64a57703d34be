/* SPDX-License-Identifier: Apache-2.0 */
/* live_test.c -- the table of live blocks alone, full, in a child, and with many owners at once. */
#include "core/live.h"
#include "test/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, BLOCKS = 200, ROUNDS = 20000 };

static char memory[1 << 20]; /* only its addresses are used */

static void *block_at(size_t i)
{
	return memory + i * 16;
}

static void setup(void)
{
	ck_assert(live_open());
}

static int put(const void *block, uint64_t size)
{
	int slot = live_claim(block, size, 512);
	if (slot != LIVE_NONE)
		live_show(slot, block);
	return slot;
}

static bool drop(const void *block)
{
	int slot = live_may_hold(block) ? live_hide(block) : LIVE_NONE;
	if (slot != LIVE_NONE)
		live_release(slot, block);
	return slot != LIVE_NONE;
}

static uint64_t sum_of_sizes(size_t *count)
{
	uint64_t sum = 0;
	struct live_block block;
	*count = 0;
	for (int slot = 0; slot < live_limit(); slot++) {
		if (!live_read(slot, &block))
			continue;
		sum += block.size;
		++*count;
	}
	return sum;
}

START_TEST(a_block_is_there_from_show_to_hide)
{
	struct live_block block;
	ck_assert(!live_may_hold(block_at(1)));
	int slot = live_claim(block_at(1), 100, 512);
	ck_assert_int_ne(slot, LIVE_NONE);
	ck_assert(!live_read(slot, &block));
	live_show(slot, block_at(1));
	ck_assert(live_may_hold(block_at(1)));
	ck_assert(live_read(slot, &block));
	ck_assert_uint_eq(block.size, 100);
	ck_assert_uint_eq(block.interval, 512);
	ck_assert_uint_eq(block.generation, live_generation(slot));
	ck_assert(block.is_recorded);
	ck_assert_int_eq(live_hide(block_at(1)), slot);
	ck_assert(!live_read(slot, &block));
	ck_assert_int_eq(live_hide(block_at(1)), LIVE_NONE);
	live_show(slot, block_at(1)); /* as after a realloc that failed */
	ck_assert(live_read(slot, &block));
	ck_assert(drop(block_at(1)));
	ck_assert(!live_may_hold(block_at(1)));
}
END_TEST

START_TEST(whose_end_was_not_seen_goes_when_its_address_comes_again)
{
	size_t count;
	put(block_at(1), 100);
	put(block_at(1), 30);
	ck_assert_uint_eq(sum_of_sizes(&count), 30);
	ck_assert_uint_eq(count, 1);
	ck_assert(drop(block_at(1)));
	ck_assert(!drop(block_at(1)));
}
END_TEST

START_TEST(a_block_without_a_record_says_so)
{
	struct live_block block;
	int slot = live_claim(block_at(1), 100, 512);
	live_mark_unrecorded(slot);
	live_show(slot, block_at(1));
	ck_assert(live_read(slot, &block));
	ck_assert(!block.is_recorded);
	ck_assert_uint_eq(block.size, 100);
}
END_TEST

START_TEST(few_blocks_take_few_slots)
{
	for (size_t i = 0; i < 1000; i++)
		put(block_at(i * 13), 1);
	ck_assert_int_le(live_limit(), LIVE_SLOTS / 32);
}
END_TEST

/* Nine of ten slots find an owner before the table says that it is full. */
START_TEST(a_full_table_takes_no_more_and_goes_on)
{
	const size_t most = (size_t)LIVE_SLOTS * 2;
	size_t in = 0, out = 0, count;
	for (size_t i = 0; i < most; i++)
		in += put((void *)(i * 48 + 4096), 1) != LIVE_NONE;
	ck_assert_uint_ge(in, LIVE_SLOTS * 9 / 10);
	ck_assert_uint_eq(sum_of_sizes(&count), in);
	for (size_t i = 0; i < most; i++)
		out += drop((void *)(i * 48 + 4096));
	ck_assert_uint_eq(out, in);
	ck_assert_uint_eq(sum_of_sizes(&count), 0);
	ck_assert_int_ne(put(block_at(1), 1), LIVE_NONE);
}
END_TEST

START_TEST(a_child_finds_it_empty)
{
	size_t count;
	int status;
	put(block_at(1), 100);
	pid_t child = fork();
	if (!child) {
		live_forget_parent();
		_exit(sum_of_sizes(&count) != 0 || live_may_hold(block_at(1)) ||
		      put(block_at(2), 7) == LIVE_NONE || !drop(block_at(2)));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(sum_of_sizes(&count), 100);
}
END_TEST

/* Blocks that go from thread to thread; whoever takes one from the table below owns it. */
static struct {
	_Atomic(void *) offered[BLOCKS];
	_Atomic uint64_t put, dropped, missed, full;
} exchange;

static void *own_blocks(void *argument)
{
	unsigned seed = (unsigned)(uintptr_t)argument;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned place = (unsigned)rand_r(&seed) % BLOCKS;
		void *block = atomic_exchange(&exchange.offered[place], NULL);
		if (!block)
			continue;
		if (live_may_hold(block) && drop(block))
			atomic_fetch_add(&exchange.dropped, 1);
		if (put(block, 8) == LIVE_NONE)
			atomic_fetch_add(&exchange.full, 1);
		else
			atomic_fetch_add(&exchange.put, 1);
		if (rand_r(&seed) % 4 == 0) { /* realloc, now moved, now not */
			int slot = live_hide(block);
			atomic_fetch_add(&exchange.missed, slot == LIVE_NONE);
			live_show(slot, block);
		}
		atomic_store(&exchange.offered[place], block);
	}
	return NULL;
}

START_TEST(owners_that_pass_blocks_on_lose_none)
{
	pthread_t threads[THREADS];
	size_t count, left = 0;
	for (size_t i = 0; i < BLOCKS; i++)
		exchange.offered[i] = block_at(i * 3);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, own_blocks, (void *)(i + 1));
	for (int i = 0; i < 100; i++)
		ck_assert_uint_le(sum_of_sizes(&count), (size_t)8 * BLOCKS);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(exchange.missed, 0);
	ck_assert_uint_eq(exchange.full, 0);
	ck_assert_uint_eq(sum_of_sizes(&count), 8 * (exchange.put - exchange.dropped));
	for (size_t i = 0; i < BLOCKS; i++)
		left += drop(exchange.offered[i]);
	ck_assert_uint_eq(left, count);
	ck_assert_uint_eq(sum_of_sizes(&count), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("live");
	TCase *tests = tcase_create("live");
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_block_is_there_from_show_to_hide);
	tcase_add_test(tests, whose_end_was_not_seen_goes_when_its_address_comes_again);
	tcase_add_test(tests, a_block_without_a_record_says_so);
	tcase_add_test(tests, few_blocks_take_few_slots);
	tcase_add_test(tests, a_full_table_takes_no_more_and_goes_on);
	tcase_add_test(tests, a_child_finds_it_empty);
	tcase_add_test(tests, owners_that_pass_blocks_on_lose_none);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
