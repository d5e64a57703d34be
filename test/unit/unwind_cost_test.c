/* SPDX-License-Identifier: Apache-2.0 */
/* unwind_cost_test.c -- tables made to be expensive: samples in them cost little all the same. */
#include "core/unwind.h"
#include "test/unit/suite.h"

#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Headers, code, tables: a page, a megabyte of which any byte may be returned to, the rest. */
enum {
	CODE = 4096,
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

static uint8_t *image;
static struct maps *maps;
static struct unwind *unwinder;
static struct sample *record;
static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void put_headers(void)
{
	const Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	const Elf64_Phdr segments[2] = {
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_X,
		 .p_filesz = IMAGE_SIZE,
		 .p_memsz = IMAGE_SIZE},
		{.p_type = PT_GNU_EH_FRAME, .p_vaddr = TABLE, .p_memsz = 64},
	};

	memcpy(image, &header, sizeof(header));
	memcpy(image + sizeof(header), segments, sizeof(segments));
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

	memcpy(image + TABLE, head, sizeof(head));
	memcpy(image + TABLE + sizeof(head), row, sizeof(row));
	memcpy(image + COMMON, common, sizeof(common));
	memcpy(image + DESCRIPTION, description, sizeof(description));
	image[DESCRIPTION + sizeof(description)] = 0; /* no augmentation */
	return image + DESCRIPTION + sizeof(description) + 1;
}

static void set_up(void)
{
	char text[256];
	uintptr_t start;
	int len;

	image = mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	start = (uintptr_t)image;
	put_headers();
	maps = maps_create();
	unwinder = unwind_create(maps);
	record = calloc(1, sizeof(*record) + SAMPLE_STACK_MAX);
	len = snprintf(text, sizeof(text),
		       "%lx-%lx r--p 00000000 00:01 7 /hostile\n"
		       "%lx-%lx r-xp 00001000 00:01 7 /hostile\n"
		       "%lx-%lx r--p 00101000 00:01 7 /hostile\n",
		       start, start + CODE, start + CODE, start + TABLE, start + TABLE,
		       start + IMAGE_SIZE);
	ck_assert_int_eq(maps_parse(maps, text, (size_t)len), 1);
}

static void tear_down(void)
{
	unwind_destroy(unwinder);
	maps_destroy(maps);
	free(record);
	munmap(image, IMAGE_SIZE);
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
	record->kind = SAMPLE_CPU;
	record->stack_size = SAMPLE_STACK_MAX;
	record->stack_cut = 1;
	record->regs[REGISTER_RSP] = STACK;
	record->regs[REGISTER_RBP] = STACK;
	record->regs[REGISTER_RIP] = (uintptr_t)image + CODE + random_number() % (TABLE - CODE);
	for (size_t at = 0; at < SAMPLE_STACK_MAX; at += 8) {
		uint64_t pc = (uintptr_t)image + CODE + 8 + random_number() % (TABLE - CODE - 8);

		memcpy(record->stack + at, &pc, sizeof(pc));
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
		frames += unwind_sample(unwinder, record, pcs, UNWIND_FRAMES_MAX, &end);
	}
	return frames;
}

START_TEST(a_plain_table_is_followed_to_the_last_frame)
{
	put_tables();
	image[DESCRIPTION] = 20; /* no more than the function's range */
	image[DESCRIPTION + 1] = 0;
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

	memset(image + CODE, 0x90, TABLE - CODE);
	for (size_t at = CODE; at + 2 < TABLE; at += 24) {
		image[at] = 0x74;
		image[at + 1] = 100;
	}
	for (size_t at = CODE + 10; at + 5 < TABLE; at += 24)
		image[at] = 0xe8; /* and much of it stands behind a call */
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
