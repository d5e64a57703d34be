/* SPDX-License-Identifier: Apache-2.0 */
/* gather_test.c -- what ticks and ends of threads add up to. */
#include "core/gather.h"

#include <check.h>
#include <string.h>

#include "test/unit/suite.h"

enum { TICK_NS = 10000000 };

static struct state *state;
static struct gather *gather;

static void setup(void)
{
	state = state_open();
	atomic_store(&state->period_ns, TICK_NS);
	gather = gather_create(state);
}

static void teardown(void)
{
	gather_destroy(gather);
}

static void tick(uint32_t tid)
{
	struct sample sample = {.kind = SAMPLE_CPU, .tid = tid, .weight = TICK_NS};
	sample.regs[REGISTER_RIP] = (uintptr_t)tick;
	gather_record(gather, &sample);
}

static void end(uint32_t tid, uint64_t used_ns)
{
	struct sample sample = {.kind = SAMPLE_THREAD_END, .tid = tid, .weight = used_ns};
	sample.regs[REGISTER_RIP] = (uintptr_t)end;
	strcpy(sample.name, "ended");
	gather_record(gather, &sample);
}

static uint64_t settled_ns(void)
{
	gather_settle(gather);
	return (uint64_t)profile_total(gather_profile(gather), CPU_NS);
}

START_TEST(what_a_thread_used_beyond_its_ticks_is_booked_at_its_end)
{
	tick(900001);
	tick(900001);
	end(900001, 2 * TICK_NS + 3000);
	ck_assert_uint_eq(settled_ns(), 2 * TICK_NS + 3000);
	ck_assert_uint_eq(gather_booked_ns(gather), 3000);
}
END_TEST

START_TEST(thread_without_a_tick_is_booked_whole)
{
	end(900001, 3000);
	ck_assert_uint_eq(settled_ns(), 3000);
}
END_TEST

START_TEST(tick_of_a_short_thread_pays_for_threads_without_one)
{
	tick(900001);
	end(900001, TICK_NS / 4);
	for (uint32_t i = 0; i < 3; i++)
		end(900002 + i, TICK_NS / 4);
	ck_assert_uint_eq(gather_booked_ns(gather), 0); /* all of it is where the tick was */
	ck_assert_uint_eq(settled_ns(), TICK_NS);
}
END_TEST

START_TEST(excess_that_pays_for_nobody_is_taken_back)
{
	tick(900001);
	end(900001, TICK_NS / 4);
	ck_assert_uint_eq(settled_ns(), TICK_NS / 4);
	ck_assert_uint_eq(settled_ns(), TICK_NS / 4);
}
END_TEST

START_TEST(more_excess_than_is_kept_is_taken_back_at_once)
{
	enum { THREADS = 1000 };
	for (uint32_t i = 0; i < THREADS; i++) {
		tick(900001 + i);
		end(900001 + i, 1);
	}
	ck_assert_uint_eq(settled_ns(), THREADS);
}
END_TEST

START_TEST(time_before_a_thread_was_found_is_added_or_skipped)
{
	gather_unseen_time(gather, 900001, 5000);
	gather_skip_time(gather, 900002, 7000);
	end(900001, 6000);
	end(900002, 9000);
	ck_assert_uint_eq(settled_ns(), 5000 + 1000 + 2000);
}
END_TEST

START_TEST(ring_is_taken_up_to_the_limit)
{
	size_t size = offsetof(struct sample, name) + SAMPLE_NAME_SIZE;
	for (int i = 0; i < 2; i++) {
		struct sample *sample = ring_reserve(&state->ring, size);
		memset(sample, 0, size);
		sample->kind = SAMPLE_THREAD_END;
		sample->tid = 900001;
		sample->weight = 100;
		ring_commit(sample);
	}
	ck_assert_uint_eq(gather_ring(gather, 1), 1);
	ck_assert_uint_eq(gather_ring(gather, ring_head(&state->ring)), 1);
	ck_assert_uint_eq(settled_ns(), 200);
}
END_TEST

START_TEST(next_period_begins_empty)
{
	tick(900001);
	gather_next_period(gather);
	ck_assert_uint_eq(settled_ns(), 0);
	end(900001, TICK_NS + 50); /* the tick was counted in the last one */
	ck_assert_uint_eq(settled_ns(), 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gather");
	TCase *tcase = tcase_create("gather");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_a_thread_used_beyond_its_ticks_is_booked_at_its_end);
	tcase_add_test(tcase, thread_without_a_tick_is_booked_whole);
	tcase_add_test(tcase, tick_of_a_short_thread_pays_for_threads_without_one);
	tcase_add_test(tcase, excess_that_pays_for_nobody_is_taken_back);
	tcase_add_test(tcase, more_excess_than_is_kept_is_taken_back_at_once);
	tcase_add_test(tcase, time_before_a_thread_was_found_is_added_or_skipped);
	tcase_add_test(tcase, ring_is_taken_up_to_the_limit);
	tcase_add_test(tcase, next_period_begins_empty);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
