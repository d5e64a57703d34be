/* SPDX-License-Identifier: Apache-2.0 */
/* insn_test.c -- every instruction of the C library, and what objdump makes of them. */
#include "core/insn.h"

#include "core/sample.h"
#include "test/unit/suite.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct insn decode(const char *code, size_t len)
{
	return insn_decode((const uint8_t *)code, len);
}

#define INSN(text) decode(text, sizeof(text) - 1)

START_TEST(the_stack_pointer_is_followed)
{
	static const struct {
		const char *code;
		size_t size;
		enum insn_effect effect;
		int64_t amount;
	} cases[] = {
		{"\x55", 1, INSN_PUSH, 0},
		{"\x6a\x01", 2, INSN_PUSH, 0},
		{"\xff\x75\x08", 3, INSN_PUSH, 0},
		{"\x48\x83\xec\x18", 4, INSN_ADD, -24},
		{"\x48\x81\xc4\x00\x10\x00\x00", 7, INSN_ADD, 4096},
		{"\x48\x83\xe4\xf0", 4, INSN_FORGET, 16},
		{"\x48\x83\xfc\x10", 4, INSN_PLAIN, 0},
		{"\x48\x8d\x64\x24\x08", 5, INSN_ADD, 8},
		{"\x48\x8d\x65\xd8", 4, INSN_FRAME, -40},
		{"\x48\x89\xec", 3, INSN_FRAME, 0},
		{"\x48\x89\xe5", 3, INSN_LINK, 0},
		{"\x4c\x89\xdc", 3, INSN_FORGET, 0},
		{"\x48\x8b\x64\x24\x20", 5, INSN_RELOAD, 32},
		{"\xc9", 1, INSN_LEAVE, 0},
		{"\xf3\xc3", 2, INSN_RETURN, 0},
		{"\xeb\xfe", 2, INSN_JUMP, -2},
		{"\x0f\x84\x00\x01\x00\x00", 6, INSN_BRANCH, 256},
		{"\xe8\x00\x00\x00\x00", 5, INSN_CALL, 0},
		{"\xff\xd0", 2, INSN_CALL, 0},
		{"\xff\xe0", 2, INSN_STOP, 0},
		{"\xf4", 1, INSN_STOP, 0},
		{"\x0f\x0b", 2, INSN_STOP, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct insn insn = decode(cases[i].code, cases[i].size);

		ck_assert_uint_eq(insn.size, cases[i].size);
		ck_assert_int_eq(insn.effect, cases[i].effect);
		ck_assert_int_eq(insn.amount, cases[i].amount);
	}
}
END_TEST

START_TEST(a_popped_register_is_named_as_in_samples)
{
	ck_assert_uint_eq(INSN("\x5b").reg, REGISTER_RBX);
	ck_assert_uint_eq(INSN("\x5d").reg, REGISTER_RBP);
	ck_assert_uint_eq(INSN("\x59").reg, REGISTER_RCX);
	ck_assert_uint_eq(INSN("\x41\x5f").reg, REGISTER_R15);
	ck_assert_uint_eq(INSN("\x8f\x00").reg, REGISTER_COUNT);
}
END_TEST

START_TEST(what_is_cut_or_invalid_has_no_size)
{
	static const char whole[] = "\x48\x81\xc4\x00\x10\x00\x00";

	for (size_t len = 0; len + 1 < sizeof(whole); len++)
		ck_assert_uint_eq(decode(whole, len).size, 0);
	ck_assert_uint_eq(INSN("\x06").size, 0);
	ck_assert_uint_eq(INSN("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66").size,
			  0);
}
END_TEST

static size_t bytes_of(const char *text, uint8_t *code)
{
	size_t count = 0;
	unsigned byte;
	int used;

	while (count < INSN_SIZE_MAX && *text != '\t' && sscanf(text, "%2x%n", &byte, &used) == 1 &&
	       used == 2) {
		code[count++] = (uint8_t)byte;
		text += used;
		if (*text++ != ' ')
			break;
	}
	return count;
}

/* A library's path, as the loader sees it. */
static void disassemble(const char *path)
{
	char command[512];
	char line[512];
	long count = 0;
	long wrong = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "objdump -dw '%s' 2>/dev/null", path);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		const char *tab = strchr(line, '\t');
		uint8_t code[INSN_SIZE_MAX];
		size_t len = tab ? bytes_of(tab + 1, code) : 0;

		if (!len || strstr(line, "(bad)") || strstr(line, ".byte"))
			continue;
		count++;
		if (insn_decode(code, len).size != len && wrong++ < 10)
			printf("%s", line);
	}
	pclose(pipe);
	printf("%s: %ld of %ld instructions have another length\n", path, wrong, count);
	fflush(stdout);
	ck_assert_int_gt(count, 100000);
	ck_assert_int_eq(wrong, 0);
}

START_TEST(every_length_is_as_objdump_says)
{
	char line[512];
	char path[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;

	while (!found && fgets(line, sizeof(line), maps))
		found = strstr(line, "/libc.so.6") &&
			sscanf(line, "%*s %*s %*s %*s %*s %255s", path) == 1;
	fclose(maps);
	ck_assert(found);
	disassemble(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("insn");
	TCase *whole = tcase_create("whole");
	tcase_set_timeout(whole, 120);
	tcase_add_test(whole, the_stack_pointer_is_followed);
	tcase_add_test(whole, a_popped_register_is_named_as_in_samples);
	tcase_add_test(whole, what_is_cut_or_invalid_has_no_size);
	tcase_add_test(whole, every_length_is_as_objdump_says);
	suite_add_tcase(suite, whole);
	return suite_run(suite);
}
