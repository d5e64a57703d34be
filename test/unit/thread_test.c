/* SPDX-License-Identifier: Apache-2.0 */
/* thread_test.c -- slots, alone and in a crowd. */
#include "core/thread.h"
#include "test/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CROWD = 4, ROUNDS = 50000 };

static struct threads *threads;

static void setup(void)
{
	threads = calloc(1, sizeof(*threads));
}

static void teardown(void)
{
	free(threads);
}

START_TEST(claimed_slot_is_fresh_and_nobody_elses)
{
	struct thread *a = thread_claim(threads), *b = thread_claim(threads);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_ne(a, b);
	ck_assert_uint_eq(a->tid, THREAD_CLAIMED);
	ck_assert_int_eq(a->timer, THREAD_NO_TIMER);
	a->stack_top = 1;
	thread_release(threads, a);
	struct thread *again = thread_claim(threads);
	ck_assert_ptr_eq(again, a);
	ck_assert_uint_eq(again->stack_top, 0);
}
END_TEST

START_TEST(full_table_gives_null_and_a_released_slot_again)
{
	struct thread *last = NULL, *slot;
	size_t count = 0;
	for (; (slot = thread_claim(threads)); count++)
		last = slot;
	ck_assert_uint_eq(count, THREADS_MAX);
	ck_assert_uint_eq(thread_count(threads), THREADS_MAX);
	thread_release(threads, last);
	ck_assert_ptr_eq(thread_claim(threads), last);
	ck_assert_ptr_null(thread_claim(threads));
}
END_TEST

START_TEST(index_and_slot_belong_together)
{
	thread_claim(threads);
	struct thread *slot = thread_claim(threads);
	ck_assert_ptr_eq(thread_at(threads, thread_index(threads, slot)), slot);
	ck_assert_ptr_null(thread_at(threads, THREADS_MAX));
	ck_assert_ptr_null(thread_at(threads, UINT32_MAX));
	ck_assert_uint_eq(thread_count(threads), 2);
}
END_TEST

static void *claim_and_release(void *argument)
{
	uintptr_t id = (uintptr_t)argument;
	for (int i = 0; i < ROUNDS; i++) {
		struct thread *slot = thread_claim(threads);
		if (!slot)
			return argument;
		slot->stack_top = id;
		atomic_store(&slot->tid, (uint32_t)id);
		if (slot->stack_top != id || atomic_load(&slot->tid) != id)
			return argument;
		thread_release(threads, slot);
	}
	return NULL;
}

START_TEST(no_slot_is_claimed_twice_at_once)
{
	pthread_t crowd[CROWD];
	for (uintptr_t i = 0; i < CROWD; i++)
		pthread_create(&crowd[i], NULL, claim_and_release, (void *)(i + 1));
	for (int i = 0; i < CROWD; i++) {
		void *failed;
		pthread_join(crowd[i], &failed);
		ck_assert_ptr_null(failed);
	}
	thread_rewind(threads);
	ck_assert_ptr_eq(thread_claim(threads), thread_at(threads, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thread");
	TCase *tcase = tcase_create("thread");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, claimed_slot_is_fresh_and_nobody_elses);
	tcase_add_test(tcase, full_table_gives_null_and_a_released_slot_again);
	tcase_add_test(tcase, index_and_slot_belong_together);
	tcase_add_test(tcase, no_slot_is_claimed_twice_at_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
