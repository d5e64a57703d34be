/* SPDX-License-Identifier: Apache-2.0 */
/* booking_test.c -- against a plain array as the truth. */
#include "core/booking.h"
#include "test/unit/suite.h"

#include <check.h>
#include <stdlib.h>

enum { TIDS = 70000, STEPS = 400000 };

START_TEST(what_was_added_is_taken_once)
{
	struct booking *booking = booking_create();
	uint64_t ns;
	booking_add(booking, 7, 10);
	booking_add(booking, 7, 5);
	ck_assert(booking_take(booking, 7, &ns));
	ck_assert_uint_eq(ns, 15);
	ck_assert(booking_take(booking, 7, &ns));
	ck_assert_uint_eq(ns, 0);
	booking_destroy(booking);
}
END_TEST

START_TEST(removal_keeps_every_other_thread_findable)
{
	struct booking *booking = booking_create();
	uint64_t *truth = calloc(TIDS, sizeof(*truth));
	uint32_t alive = 0, random = 1;
	for (int i = 0; i < STEPS; i++) {
		random = random * 1664525 + 1013904223;
		/* few homes, so that chains grow long and cross the end of the table */
		uint32_t tid = 1 + (random >> 8) % 64 * 1031 % TIDS + (random >> 20) % 8;
		uint64_t ns;
		if (random >> 31 && alive < BOOKING_MAX - 2) {
			alive += !truth[tid];
			truth[tid] += 3;
			booking_add(booking, tid, 3);
		} else {
			ck_assert(booking_take(booking, tid, &ns));
			ck_assert_uint_eq(ns, truth[tid]);
			alive -= truth[tid] != 0;
			truth[tid] = 0;
		}
	}
	free(truth);
	booking_destroy(booking);
}
END_TEST

START_TEST(full_table_stops_booking_and_says_so)
{
	struct booking *booking = booking_create();
	uint64_t ns;
	for (uint32_t tid = 1; tid <= BOOKING_MAX + 10; tid++)
		booking_add(booking, tid, 1);
	ck_assert(booking_take(booking, 1, &ns));
	ck_assert_uint_eq(ns, 1);
	ck_assert(!booking_take(booking, BOOKING_MAX + 5, &ns));
	booking_destroy(booking);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("booking");
	TCase *tcase = tcase_create("booking");
	tcase_add_test(tcase, what_was_added_is_taken_once);
	tcase_add_test(tcase, removal_keeps_every_other_thread_findable);
	tcase_add_test(tcase, full_table_stops_booking_and_says_so);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
