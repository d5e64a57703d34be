/* SPDX-License-Identifier: Apache-2.0 */
/* ring_test.c -- the ring alone, then many writers against one reader. */
#include "core/ring.h"
#include "test/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 4096, WRITERS = 4, RECORDS = 5000 };

static struct ring ring;
static _Alignas(64) uint8_t bytes[SIZE];

static void setup(void)
{
	memset(bytes, 0, sizeof(bytes));
	ring_init(&ring, bytes, sizeof(bytes));
}

static void put(const char *text)
{
	char *record = ring_reserve(&ring, strlen(text) + 1);
	ck_assert_ptr_nonnull(record);
	strcpy(record, text);
	ring_commit(record);
}

START_TEST(records_come_out_in_the_order_of_their_reservation)
{
	size_t len;
	char *first = ring_reserve(&ring, 6);
	put("second");
	strcpy(first, "first");
	ck_assert_ptr_null(ring_peek(&ring, ring_head(&ring), &len)); /* first is not committed */
	ring_commit(first);
	char *record = ring_peek(&ring, ring_head(&ring), &len);
	ck_assert_str_eq(record, "first");
	ck_assert_uint_ge(len, 6);
	ring_release(&ring, record);
	ck_assert_str_eq(ring_peek(&ring, ring_head(&ring), &len), "second");
}
END_TEST

START_TEST(full_ring_gives_null_and_room_again_after_release)
{
	size_t count = 0, len;
	while (ring_reserve(&ring, 100))
		count++;
	ck_assert_uint_eq(count, SIZE / 112);
	ck_assert_ptr_null(ring_reserve(&ring, 100));
	setup();
	while (ring_used(&ring) + 112 <= SIZE)
		put("x");
	void *record = ring_peek(&ring, ring_head(&ring), &len);
	ring_release(&ring, record);
	put("fits again");
}
END_TEST

START_TEST(record_larger_than_half_the_ring_is_refused)
{
	ck_assert_ptr_null(ring_reserve(&ring, SIZE / 2 + 1));
	ck_assert_ptr_nonnull(ring_reserve(&ring, SIZE / 2));
}
END_TEST

START_TEST(records_do_not_wrap_round)
{
	size_t len;
	for (int i = 0; i < 1000; i++) {
		size_t size = 1 + (size_t)(i * 37) % 700;
		uint8_t *record = ring_reserve(&ring, size);
		ck_assert_ptr_nonnull(record);
		ck_assert(record >= bytes);
		ck_assert(record + size <= bytes + SIZE);
		memset(record, i & 0xff, size);
		ring_commit(record);
		uint8_t *read = ring_peek(&ring, ring_head(&ring), &len);
		ck_assert_ptr_eq(read, record);
		ck_assert_uint_ge(len, size);
		ck_assert_uint_le(len, size + 7);
		ring_release(&ring, read);
	}
	ck_assert_uint_eq(ring_used(&ring), 0);
}
END_TEST

START_TEST(what_was_released_is_zero)
{
	size_t len;
	put("secret");
	ring_release(&ring, ring_peek(&ring, ring_head(&ring), &len));
	for (size_t i = 0; i < SIZE; i++)
		ck_assert_uint_eq(bytes[i], 0);
}
END_TEST

START_TEST(peek_stops_at_its_limit)
{
	size_t len;
	put("one");
	uint64_t limit = ring_head(&ring);
	put("two");
	ring_release(&ring, ring_peek(&ring, limit, &len));
	ck_assert_ptr_null(ring_peek(&ring, limit, &len));
	ck_assert_str_eq(ring_peek(&ring, ring_head(&ring), &len), "two");
}
END_TEST

START_TEST(rewind_begins_at_the_first_byte_again)
{
	size_t len;
	char *first = ring_reserve(&ring, SIZE / 8);
	ring_commit(first);
	ring_release(&ring, ring_peek(&ring, ring_head(&ring), &len));
	ring_rewind(&ring);
	ck_assert_uint_eq(ring_used(&ring), 0);
	ck_assert_ptr_null(ring_peek(&ring, ring_head(&ring), &len));
	put("again");
	ck_assert_ptr_eq(ring_peek(&ring, ring_head(&ring), &len), first);
	ck_assert_str_eq(first, "again");
}
END_TEST

START_TEST(rewind_leaves_what_is_reserved)
{
	size_t len;
	put("one");
	char *late = ring_reserve(&ring, SIZE / 8);
	ring_release(&ring, ring_peek(&ring, ring_head(&ring), &len));
	ring_rewind(&ring);
	strcpy(late, "late");
	ring_commit(late);
	ck_assert_ptr_eq(ring_peek(&ring, ring_head(&ring), &len), late);
	ck_assert_str_eq(late, "late");
}
END_TEST

struct message {
	uint32_t writer, number, length;
	uint8_t fill[600];
};

static void *write_messages(void *argument)
{
	uint32_t writer = (uint32_t)(uintptr_t)argument;
	for (uint32_t i = 0; i < RECORDS;) {
		uint32_t length = (i * 7919 + writer * 31) % 600;
		struct message *m = ring_reserve(&ring, offsetof(struct message, fill) + length);
		if (!m) {
			sched_yield();
			continue;
		}
		m->writer = writer;
		m->number = i++;
		m->length = length;
		memset(m->fill, (int)(writer + 1), length);
		ring_commit(m);
	}
	return NULL;
}

static void check_message(const struct message *m, size_t len, uint32_t expected[WRITERS])
{
	ck_assert_uint_lt(m->writer, WRITERS);
	ck_assert_uint_eq(m->number, expected[m->writer]++);
	ck_assert_uint_le(offsetof(struct message, fill) + m->length, len);
	uint32_t right = 0;
	for (uint32_t i = 0; i < m->length; i++)
		right += m->fill[i] == m->writer + 1;
	ck_assert_uint_eq(right, m->length);
}

START_TEST(many_writers_lose_and_mix_nothing)
{
	pthread_t threads[WRITERS];
	uint32_t expected[WRITERS] = {0};
	for (uintptr_t i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_messages, (void *)i);
	for (uint32_t taken = 0; taken < WRITERS * RECORDS;) {
		size_t len;
		struct message *m = ring_peek(&ring, ring_head(&ring), &len);
		if (!m) {
			ring_rewind(&ring);
			continue;
		}
		check_message(m, len, expected);
		ring_release(&ring, m);
		taken++;
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(ring_used(&ring), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ring");
	TCase *tcase = tcase_create("ring");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, records_come_out_in_the_order_of_their_reservation);
	tcase_add_test(tcase, full_ring_gives_null_and_room_again_after_release);
	tcase_add_test(tcase, record_larger_than_half_the_ring_is_refused);
	tcase_add_test(tcase, records_do_not_wrap_round);
	tcase_add_test(tcase, what_was_released_is_zero);
	tcase_add_test(tcase, peek_stops_at_its_limit);
	tcase_add_test(tcase, rewind_begins_at_the_first_byte_again);
	tcase_add_test(tcase, rewind_leaves_what_is_reserved);
	tcase_add_test(tcase, many_writers_lose_and_mix_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
