/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_many_test.c -- records taken anywhere, and many made of them: complete where they can be.
 */
#include "test/unit/suite.h"
#include "test/unit/taken_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

START_TEST(garbage_registers_lose_all_but_the_first_frame)
{
	sink = outermost(3);
	ck_assert_uint_gt(unwound(), 4);
	for (uint64_t pc = 1; pc; pc <<= 1) {
		record->regs[REGISTER_RIP] = pc;
		ck_assert_uint_eq(unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end), 1);
		ck_assert_int_eq(end, UNWIND_LOST);
	}
}
END_TEST

static void check_every_frame_is_code(size_t count)
{
	for (size_t i = 1; i < count; i++)
		ck_assert_ptr_nonnull(maps_find(maps, pcs[i]));
}

START_TEST(mutated_slices_terminate_and_name_only_code)
{
	static uint8_t good[RECORD_SIZE];
	unsigned seed = 1;

	sink = recurse(20);
	unwound();
	memcpy(good, record, RECORD_SIZE);
	for (int i = 0; i < 100000; i++) {
		size_t flips = 1 + (size_t)rand_r(&seed) % 64;

		memcpy(record->stack, ((struct sample *)good)->stack, record->stack_size);
		memcpy(record->regs, ((struct sample *)good)->regs, sizeof(record->regs));
		while (flips--)
			record->stack[(unsigned)rand_r(&seed) % record->stack_size] ^=
				(uint8_t)(1 << rand_r(&seed) % 8);
		if (i % 4 == 0)
			record->regs[(unsigned)rand_r(&seed) % REGISTER_RSP] ^=
				8u << rand_r(&seed) % 8;
		check_every_frame_is_code(
			unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end));
	}
}
END_TEST

NOINLINE static int compare_bytes(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* What a ticking program does: libc through stubs, the vDSO, callbacks out of libc. */
NOINLINE static void busy(void)
{
	struct timespec now;
	uint8_t bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	qsort(bytes, sizeof(bytes), 1, compare_bytes);
	clock_gettime(CLOCK_MONOTONIC, &now);
	free(malloc(bytes[3] + 1u));
	sink += (int)strlen("some text to measure") + (memchr(bytes, 200, 64) != NULL);
}

NOINLINE static void busy_until_taken(void)
{
	while (!taken)
		busy();
}

START_TEST(ticks_anywhere_reach_the_outermost_frame)
{
	enum { TICKS = 300 };
	struct itimerval tick = {{0, 1000}, {0, 1000}};
	int complete = 0;

	setitimer(ITIMER_PROF, &tick, NULL);
	for (int i = 0; i < TICKS; i++) {
		size_t count;

		taken = 0;
		busy_until_taken();
		count = unwound();
		complete += end == UNWIND_COMPLETE &&
			    frame_of(count, (const void *)busy_until_taken, 64) >= 0;
	}
	memset(&tick, 0, sizeof(tick));
	setitimer(ITIMER_PROF, &tick, NULL);
	ck_assert_int_ge(complete, TICKS * 99 / 100);
}
END_TEST

/* Pages of private memory of this process. */
static long data_pages(void)
{
	char text[128] = {0};
	int fd = open("/proc/self/statm", O_RDONLY);
	long pages = -1;

	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_int_eq(sscanf(text, "%*d %*d %*d %*d %*d %ld", &pages), 1);
	return pages;
}

static void unwind_from_each(uint64_t first, uint64_t last)
{
	for (uint64_t pc = first; pc < last; pc++) {
		record->regs[REGISTER_RIP] = pc;
		unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end);
	}
}

START_TEST(memory_stays_flat_over_many_addresses)
{
	uint64_t code;
	long before;

	sink = outermost(3);
	unwound();
	code = maps_find(maps, (uintptr_t)memcpy)->start;
	unwind_from_each(code, code + 10000);
	before = data_pages();
	unwind_from_each(code + 10000, code + 400000);
	ck_assert_int_le(data_pages(), before + 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unwind_many");
	TCase *whole = tcase_create("whole");

	tcase_add_checked_fixture(whole, set_up, tear_down);
	tcase_set_timeout(whole, 60);
	tcase_add_test(whole, garbage_registers_lose_all_but_the_first_frame);
	tcase_add_test(whole, mutated_slices_terminate_and_name_only_code);
	tcase_add_test(whole, ticks_anywhere_reach_the_outermost_frame);
	tcase_add_test(whole, memory_stays_flat_over_many_addresses);
	suite_add_tcase(suite, whole);
	return suite_run(suite);
}
