/* SPDX-License-Identifier: Apache-2.0 */
/* minidebug_test.c -- compressed tables larger than the window, larger than allowed, and damaged.
 */
#include "core/minidebug.h"

#include "core/symtab.h"
#include "core/unnamed.h"
#include "test/unit/objects.h"
#include "test/unit/suite.h"

#include <check.h>
#include <string.h>

enum { FUNCTIONS = 20000, STEP = 37 };

static char object_path[256];

/* An object whose .gnu_debugdata holds count local functions of 16 bytes each. */
static void object_build(const char *name, int count)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s.s", objects_directory, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < count; i++)
		fprintf(file,
			".type function_%d,@function\nfunction_%d: .skip 16,0x90\n"
			".size function_%d,16\n",
			i, i, i);
	fclose(file);
	objects_run(
		"gcc -shared -nostartfiles %s.s -o %s && strip -o bare %s && rm -f tables.xz && "
		"objcopy --only-keep-debug %s tables && xz -k tables && "
		"objcopy --add-section .gnu_debugdata=tables.xz bare %s",
		name, name, name, name, name);
	snprintf(object_path, sizeof(object_path), "%s/%s", objects_directory, name);
}

static void build(void)
{
	ck_assert_ptr_nonnull(mkdtemp(objects_directory));
}

static void check_name(void *context, size_t index, const char *name, const char *system_name)
{
	char expected[64];

	(void)context;
	snprintf(expected, sizeof(expected), "function_%zu", index * STEP);
	ck_assert_str_eq(name, expected);
	ck_assert_str_eq(system_name, expected);
}

/* Every STEPth function, by its last byte; how many get a name, which has to be theirs. */
static size_t names_check(const struct elf *inner, const struct elf *outer)
{
	static uint64_t addresses[FUNCTIONS / STEP];
	struct symbols_wanted wanted = {.addresses = addresses, .count = FUNCTIONS / STEP};
	struct unnamed list;
	struct symtab table;
	Elf64_Shdr text;

	ck_assert(elf_section(outer, ".text", &text));
	for (size_t i = 0; i < wanted.count; i++)
		addresses[i] = text.sh_addr + i * STEP * 16 + 15;
	ck_assert_int_eq(unnamed_create(&list, &wanted, 0), 0);
	list.found = check_name;
	if (symtab_find(&table, inner, ".symtab"))
		symtab_resolve(&table, &list);
	size_t named = list.named;
	unnamed_destroy(&list);
	return named;
}

START_TEST(tables_beyond_the_window_are_read)
{
	struct elf outer;

	object_build("large", FUNCTIONS);
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	struct minidebug *mini = minidebug_open(&outer);
	ck_assert_ptr_nonnull(mini);
	ck_assert_uint_gt(minidebug_elf(mini)->size, 500000);
	ck_assert_uint_eq(names_check(minidebug_elf(mini), &outer), FUNCTIONS / STEP);
	minidebug_close(mini);
	elf_close(&outer);
}
END_TEST

START_TEST(bytes_are_those_of_the_plain_file)
{
	static const uint64_t offsets[] = {0, 300000, 64, 131000, 200000, 131000, 1, 400000};
	uint8_t expected[70000];
	uint8_t bytes[70000];
	char path[256];
	struct elf outer;
	struct elf plain;

	object_build("plain", FUNCTIONS);
	snprintf(path, sizeof(path), "%s/tables", objects_directory);
	ck_assert_int_eq(elf_open_file(&plain, path), 0);
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	struct minidebug *mini = minidebug_open(&outer);
	ck_assert_ptr_nonnull(mini);
	ck_assert_uint_eq(minidebug_elf(mini)->size, plain.size);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		ck_assert(elf_read(&plain, offsets[i], expected, sizeof(expected)));
		ck_assert(elf_read(minidebug_elf(mini), offsets[i], bytes, sizeof(bytes)));
		ck_assert_int_eq(memcmp(bytes, expected, sizeof(bytes)), 0);
	}
	minidebug_close(mini);
	elf_close(&outer);
	elf_close(&plain);
}
END_TEST

START_TEST(endless_rereading_is_cut_short)
{
	struct elf outer;
	uint8_t byte;
	unsigned served = 0;

	object_build("reread", FUNCTIONS);
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	struct minidebug *mini = minidebug_open(&outer);
	const struct elf *inner = minidebug_elf(mini);
	while (served < 1000 && elf_read(inner, inner->size - 1, &byte, 1) &&
	       elf_read(inner, 0, &byte, 1))
		served++;
	ck_assert_uint_gt(served, 8);
	ck_assert_uint_lt(served, 100);
	minidebug_close(mini);
	elf_close(&outer);
}
END_TEST

START_TEST(what_expands_too_far_is_refused)
{
	struct elf outer;

	object_build("huge", 130000);
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	ck_assert_ptr_null(minidebug_open(&outer));
	elf_close(&outer);
}
END_TEST

START_TEST(damaged_stream_is_refused)
{
	struct elf outer;

	object_build("damaged", 100);
	objects_run("truncate -s 200 tables.xz && "
		    "objcopy --add-section .gnu_debugdata=tables.xz bare damaged");
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	ck_assert_ptr_null(minidebug_open(&outer));
	elf_close(&outer);
	objects_run("objcopy --add-section .gnu_debugdata=tables bare damaged");
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	ck_assert_ptr_null(minidebug_open(&outer)); /* not compressed at all */
	elf_close(&outer);
	objects_run("cp bare damaged");
	ck_assert_int_eq(elf_open_file(&outer, object_path), 0);
	ck_assert_ptr_null(minidebug_open(&outer)); /* absent */
	elf_close(&outer);
	minidebug_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("minidebug");
	TCase *tests = tcase_create("minidebug");

	tcase_add_unchecked_fixture(tests, build, objects_remove);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, tables_beyond_the_window_are_read);
	tcase_add_test(tests, bytes_are_those_of_the_plain_file);
	tcase_add_test(tests, endless_rereading_is_cut_short);
	tcase_add_test(tests, what_expands_too_far_is_refused);
	tcase_add_test(tests, damaged_stream_is_refused);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
