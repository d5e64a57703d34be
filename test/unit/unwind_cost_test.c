/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_cost_test.c -- tables made to be expensive: samples in them cost little all the same. */
#include "test/unit/hostile_object.h"
#include "test/unit/suite.h"

#include <check.h>
#include <time.h>

/* Headers, code, tables: a page, a megabyte of which any byte may be returned to, the rest. */
enum {
	TABLE = CODE + (1 << 20),
	IMAGE_SIZE = TABLE + (128 << 10),
	COMMON = TABLE + 64,
	DESCRIPTION = COMMON + 64,
	DESCRIPTION_SIZE = 63 << 10,
	SAMPLES = 64,
	STACK = 1 << 20, /* where the slices claim to be */
};

/* Without a bound they take minutes; a machine many times slower passes. */
enum { MOST_MS = 5000 };

static struct hostile_object object;
static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* One row, one CIE, and one FDE for all of the code, whose instructions are left to the test. */
static uint8_t *put_tables(void)
{
	static const uint8_t common[] = {
		20,   0, 0, 0,	  0,  0, 0,    0,    1, 'z',
		'R',  0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, /* the frame's address is rsp + 8 */
		0x90, 1,				   /* the return address is 8 below it */
		0,    0,
	};
	const int32_t row[] = {CODE - TABLE, DESCRIPTION - TABLE};
	const uint8_t head[] = {1, 0x1b, 3, 0x3b, 0, 0, 0, 0, 1, 0, 0, 0};
	const uint32_t description[] = {DESCRIPTION_SIZE - 4, DESCRIPTION + 4 - COMMON,
					(uint32_t)(CODE - (DESCRIPTION + 8)), TABLE - CODE};

	memcpy(object.image + TABLE, head, sizeof(head));
	memcpy(object.image + TABLE + sizeof(head), row, sizeof(row));
	memcpy(object.image + COMMON, common, sizeof(common));
	memcpy(object.image + DESCRIPTION, description, sizeof(description));
	object.image[DESCRIPTION + sizeof(description)] = 0; /* no augmentation */
	return object.image + DESCRIPTION + sizeof(description) + 1;
}

static void set_up(void)
{
	object = hostile_create(IMAGE_SIZE, TABLE, 64, SAMPLE_STACK_MAX);
	ck_assert_int_eq(hostile_map(&object), 1);
}

static void tear_down(void)
{
	hostile_destroy(&object);
}

static long used_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Every word of the slice returns to another place, so that nothing is found in a cache. */
static void fill_record(void)
{
	object.sample->kind = SAMPLE_CPU;
	object.sample->stack_size = SAMPLE_STACK_MAX;
	object.sample->stack_cut = 1;
	object.sample->regs[REGISTER_RSP] = STACK;
	object.sample->regs[REGISTER_RBP] = STACK;
	object.sample->regs[REGISTER_RIP] =
		(uintptr_t)object.image + CODE + random_number() % (TABLE - CODE);
	for (size_t at = 0; at < SAMPLE_STACK_MAX; at += 8) {
		uint64_t pc =
			(uintptr_t)object.image + CODE + 8 + random_number() % (TABLE - CODE - 8);

		memcpy(object.sample->stack + at, &pc, sizeof(pc));
	}
}

/* Frames of all samples together. */
static size_t unwind_many(void)
{
	uint64_t pcs[UNWIND_FRAMES_MAX];
	enum unwind_end end;
	size_t frames = 0;

	for (int i = 0; i < SAMPLES; i++) {
		fill_record();
		frames += unwind_sample(object.unwind, object.sample, pcs, UNWIND_FRAMES_MAX, &end);
	}
	return frames;
}

START_TEST(a_plain_table_is_followed_to_the_last_frame)
{
	put_tables();
	object.image[DESCRIPTION] = 20; /* no more than the function's range */
	object.image[DESCRIPTION + 1] = 0;
	ck_assert_uint_eq(unwind_many(), (size_t)SAMPLES * UNWIND_FRAMES_MAX);
}
END_TEST

START_TEST(endless_instructions_cost_little)
{
	long before = used_ms();

	put_tables(); /* what follows are zeros: 63 KiB of nop */
	unwind_many();
	ck_assert_int_lt(used_ms() - before, MOST_MS);
}
END_TEST

/* Registers that a caller keeps, each found by as many operations as fit. */
static void put_expressions(uint8_t *to)
{
	static const uint8_t registers[] = {3, 6, 12, 13, 14, 15};
	enum { EACH = 10000 };

	for (size_t i = 0; i < sizeof(registers); i++) {
		*to++ = 0x16; /* DW_CFA_val_expression */
		*to++ = registers[i];
		*to++ = (EACH & 0x7f) | 0x80;
		*to++ = EACH >> 7;
		memset(to, 0x1f, EACH); /* DW_OP_neg */
		to += EACH;
	}
}

START_TEST(endless_expressions_cost_little)
{
	long before = used_ms();

	put_expressions(put_tables());
	unwind_many();
	ck_assert_int_lt(used_ms() - before, MOST_MS);
}
END_TEST

/* No tables: every way through the code is long, branches, and never returns. */
START_TEST(endless_code_costs_little)
{
	long before = used_ms();

	memset(object.image + CODE, 0x90, TABLE - CODE);
	for (size_t at = CODE; at + 2 < TABLE; at += 24) {
		object.image[at] = 0x74;
		object.image[at + 1] = 100;
	}
	for (size_t at = CODE + 10; at + 5 < TABLE; at += 24)
		object.image[at] = 0xe8; /* and much of it stands behind a call */
	unwind_many();
	ck_assert_int_lt(used_ms() - before, MOST_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unwind_cost");
	TCase *tests = tcase_create("unwind_cost");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 100);
	tcase_add_test(tests, a_plain_table_is_followed_to_the_last_frame);
	tcase_add_test(tests, endless_instructions_cost_little);
	tcase_add_test(tests, endless_expressions_cost_little);
	tcase_add_test(tests, endless_code_costs_little);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
