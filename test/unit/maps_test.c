/* SPDX-License-Identifier: Apache-2.0 */
/* maps_test.c -- texts as the kernel writes them and as it never would, and this very process. */
#include "core/maps.h"
#include "test/unit/suite.h"

#include <check.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct maps *maps;

static void set_up(void)
{
	maps = maps_create();
	ck_assert_ptr_nonnull(maps);
}

static void tear_down(void)
{
	maps_destroy(maps);
}

static int parse(const char *text)
{
	return maps_parse(maps, text, strlen(text));
}

static const char ORDINARY[] =
	"1000-2000 r--p 00000000 fe:01 77                    /usr/bin/some program\n"
	"2000-5000 r-xp 00001000 fe:01 77                    /usr/bin/some program\n"
	"5000-6000 r--p 00004000 fe:01 77                    /usr/bin/some program\n"
	"6000-7000 rw-p 00000000 00:00 0 \n"
	"8000-9000 r-xp 00000000 00:00 0 \n"
	"9000-a000 rwxp 00000000 00:00 0                     [stack]\n"
	"b000-c000 r-xp 00000000 fe:01 99                    /tmp/a\\012b (deleted)\n";

START_TEST(executable_mappings_alone_are_kept)
{
	ck_assert_int_eq(parse(ORDINARY), 1);
	ck_assert_ptr_null(maps_find(maps, 0x1fff));
	ck_assert_ptr_nonnull(maps_find(maps, 0x2000));
	ck_assert_ptr_nonnull(maps_find(maps, 0x4fff));
	ck_assert_ptr_null(maps_find(maps, 0x5000));
	ck_assert_ptr_null(maps_find(maps, 0x6000));
	ck_assert_ptr_nonnull(maps_at(maps, 3));
	ck_assert_ptr_null(maps_at(maps, 4));
}
END_TEST

START_TEST(paths_are_as_the_kernel_has_them)
{
	parse(ORDINARY);
	ck_assert_str_eq(maps_find(maps, 0x2000)->path, "/usr/bin/some program");
	ck_assert_str_eq(maps_find(maps, 0x8000)->path, "");
	ck_assert_str_eq(maps_find(maps, 0x9000)->path, "[stack]");
	ck_assert_str_eq(maps_find(maps, 0xb000)->path, "/tmp/a\\012b (deleted)");
}
END_TEST

START_TEST(an_image_is_all_consecutive_mappings_of_the_file)
{
	const struct mapping *mapping;

	parse(ORDINARY);
	mapping = maps_find(maps, 0x2000);
	ck_assert_uint_eq(mapping->offset, 0x1000);
	ck_assert_uint_eq(mapping->image, 0x1000);
	ck_assert_uint_eq(mapping->image_limit, 0x6000);
	mapping = maps_find(maps, 0x8000);
	ck_assert_uint_eq(mapping->image, 0x8000);
	ck_assert_uint_eq(mapping->image_limit, 0x9000);
}
END_TEST

START_TEST(a_file_mapped_twice_is_two_images)
{
	parse("1000-2000 r-xp 00000000 fe:01 77 /lib/a\n"
	      "2000-3000 r--p 00000000 fe:01 77 /lib/a\n"
	      "3000-4000 r-xp 00001000 fe:01 77 /lib/a\n");
	ck_assert_uint_eq(maps_find(maps, 0x1000)->image, 0x1000);
	ck_assert_uint_eq(maps_find(maps, 0x3000)->image, 0x2000);
}
END_TEST

START_TEST(the_same_text_changes_nothing)
{
	const struct mapping *mapping;

	parse(ORDINARY);
	mapping = maps_find(maps, 0xb000);
	ck_assert_int_eq(parse(ORDINARY), 0);
	ck_assert_ptr_eq(maps_find(maps, 0xb000), mapping);
	ck_assert_ptr_null(maps_at(maps, 4));
}
END_TEST

START_TEST(what_differs_in_any_way_is_another_mapping)
{
	static const char *const OTHERS[] = {
		"1000-2000 r-xp 00000000 fe:01 78 /lib/a\n",
		"1000-2000 r-xp 00000000 fe:02 77 /lib/a\n",
		"1000-2000 r-xp 00001000 fe:01 77 /lib/a\n",
		"1000-3000 r-xp 00000000 fe:01 77 /lib/a\n",
		"1000-2000 r-xp 00000000 fe:01 77 /lib/b\n",
		"0800-2000 r-xp 00000000 fe:01 77 /lib/a\n",
	};

	for (size_t i = 0; i < sizeof(OTHERS) / sizeof(*OTHERS); i++) {
		const struct mapping *old;

		parse("1000-2000 r-xp 00000000 fe:01 77 /lib/a\n");
		old = maps_find(maps, 0x1000);
		ck_assert_int_eq(parse(OTHERS[i]), 1);
		ck_assert(old->gone);
		ck_assert_ptr_ne(maps_find(maps, 0x1000), old);
	}
}
END_TEST

START_TEST(a_mapping_that_has_gone_stays_known_until_forget)
{
	const struct mapping *mapping;
	uint32_t id;

	parse(ORDINARY);
	id = maps_find(maps, 0x2000)->id;
	ck_assert_int_eq(parse("b000-c000 r-xp 00000000 fe:01 99 /tmp/a\\012b (deleted)\n"), 1);
	ck_assert_ptr_null(maps_find(maps, 0x2000));
	mapping = maps_at(maps, id);
	ck_assert(mapping->gone);
	ck_assert_uint_eq(mapping->start, 0x2000);
	maps_forget(maps, NULL);
	ck_assert_ptr_null(maps_at(maps, id));
	mapping = maps_find(maps, 0xb000);
	ck_assert_ptr_eq(maps_at(maps, mapping->id), mapping);
}
END_TEST

START_TEST(a_mapping_in_use_is_not_forgotten)
{
	static bool used[MAPS_MAX];
	uint32_t id;

	parse("1000-2000 r-xp 00000000 fe:01 77 /lib/a\n"
	      "3000-4000 r-xp 00000000 fe:01 78 /lib/b\n");
	id = maps_find(maps, 0x3000)->id;
	parse("");
	used[id] = true;
	maps_forget(maps, used);
	ck_assert_str_eq(maps_at(maps, id)->path, "/lib/b");
	parse("5000-6000 r-xp 00000000 fe:01 79 /lib/c\n"
	      "7000-8000 r-xp 00000000 fe:01 80 /lib/d\n");
	ck_assert_uint_ne(maps_find(maps, 0x5000)->id, id);
	ck_assert_uint_ne(maps_find(maps, 0x7000)->id, id);
	ck_assert_uint_ne(maps_find(maps, 0x5000)->id, maps_find(maps, 0x7000)->id);
	ck_assert_uint_lt(maps_find(maps, 0x7000)->id, maps_id_limit(maps));
}
END_TEST

START_TEST(lines_that_are_none_are_ignored)
{
	ck_assert_int_eq(
		parse("\nrubbish\n-\n1000-2000\n1000-2000 r-xp\n1000 2000 r-xp 0 0:0 0\n"
		      "2000-1000 r-xp 00000000 00:00 0 \n1000-1000 r-xp 00000000 00:00 0 \n"
		      "11111111111111111-2 r-xp 00000000 00:00 0 \n"
		      "g000-h000 r-xp 00000000 00:00 0 \n3000-4000 r-xp 00000000 00:00 0 "),
		0);
	ck_assert_ptr_null(maps_at(maps, 0));
}
END_TEST

START_TEST(lines_out_of_order_or_overlapping_are_ignored)
{
	parse("5000-6000 r-xp 00000000 00:00 0 \n1000-2000 r-xp 00000000 00:00 0 \n"
	      "5800-7000 r-xp 00000000 00:00 0 \n8000-9000 r-xp 00000000 00:00 0 \n");
	ck_assert_ptr_null(maps_find(maps, 0x1000));
	ck_assert_ptr_null(maps_find(maps, 0x6800));
	ck_assert_ptr_nonnull(maps_find(maps, 0x8000));
}
END_TEST

START_TEST(too_many_mappings_are_left_out_and_counted)
{
	enum { LINES = 20000, LINE_SIZE = 64 };
	char *text = malloc((size_t)LINES * LINE_SIZE);
	size_t used = 0;

	for (unsigned i = 1; i <= LINES; i++)
		used += (size_t)sprintf(text + used, "%x000-%x000 r-xp 00000000 00:00 0 \n", 2 * i,
					2 * i + 1);
	ck_assert_int_eq(maps_parse(maps, text, used), 1);
	ck_assert_uint_eq(maps_dropped(maps), LINES - (16 << 10));
	ck_assert_int_eq(maps_parse(maps, text, used), 0);
	ck_assert_uint_eq(maps_dropped(maps), LINES - (16 << 10));
	free(text);
}
END_TEST

START_TEST(endless_paths_are_left_out_and_counted)
{
	enum { LINES = 400, PATH_SIZE = 4000 };
	char *text = malloc((size_t)LINES * (PATH_SIZE + 100));
	size_t used = 0;

	for (unsigned i = 1; i <= LINES; i++)
		used += (size_t)sprintf(text + used, "%x000-%x000 r-xp 00000000 01:01 %u %0*u\n", i,
					i + 1, i, PATH_SIZE, i);
	maps_parse(maps, text, used);
	ck_assert_uint_eq(maps_dropped(maps), LINES - (1 << 20) / PATH_SIZE);
	free(text);
}
END_TEST

static int code_in_here(void)
{
	return 42;
}

START_TEST(this_program_is_known_with_its_bias_and_table)
{
	const struct mapping *mapping;
	Dl_info info;

	ck_assert_int_eq(maps_refresh(maps), 1);
	ck_assert_int_eq(maps_refresh(maps), 0);
	mapping = maps_find(maps, (uintptr_t)code_in_here);
	ck_assert_ptr_nonnull(mapping);
	ck_assert(dladdr((const void *)code_in_here, &info));
	ck_assert(mapping->is_elf);
	ck_assert_uint_eq(mapping->image, (uintptr_t)info.dli_fbase);
	ck_assert_uint_ne(mapping->table, 0);
	ck_assert_uint_gt(mapping->table_size, 12);
	ck_assert_uint_eq(mapping->build_id_size, 20);
}
END_TEST

static int check_object(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const struct mapping *mapping;

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		mapping = maps_find(maps, info->dlpi_addr + segment->p_vaddr);
		ck_assert_ptr_nonnull(mapping);
		ck_assert(mapping->is_elf);
		ck_assert_uint_eq(mapping->bias, info->dlpi_addr);
	}
	return 0;
}

START_TEST(every_loaded_object_has_the_loaders_bias)
{
	maps_refresh(maps);
	ck_assert_int_eq(dl_iterate_phdr(check_object, NULL), 0);
}
END_TEST

START_TEST(memory_made_executable_is_noticed_and_is_no_image)
{
	const struct mapping *mapping;
	void *code;

	maps_refresh(maps);
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_null(maps_find(maps, (uintptr_t)code));
	ck_assert_int_eq(maps_refresh(maps), 1);
	mapping = maps_find(maps, (uintptr_t)code);
	ck_assert_str_eq(mapping->path, "");
	ck_assert(!mapping->is_elf);
	munmap(code, 4096);
	ck_assert_int_eq(maps_refresh(maps), 1);
	ck_assert(mapping->gone);
}
END_TEST

START_TEST(reading_what_is_not_mapped_fails)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char got[16];

	memset(two + 4090, 'b', 6);
	munmap(two + 4096, 4096);
	ck_assert(maps_read(maps, (uintptr_t)two + 4090, got, 6));
	ck_assert_mem_eq(got, "bbbbbb", 6);
	ck_assert(!maps_read(maps, (uintptr_t)two + 4090, got, 7));
	ck_assert(!maps_read(maps, 0, got, 1));
	ck_assert(!maps_read(maps, UINT64_MAX - 3, got, 8));
	ck_assert(!maps_read(maps, UINT64_MAX - 100, got, 8));
	munmap(two, 4096);
}
END_TEST

START_TEST(a_change_empties_the_cache_of_memory)
{
	volatile uint64_t *word =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t got;

	maps_refresh(maps);
	*word = 1;
	ck_assert(maps_read(maps, (uintptr_t)word, &got, sizeof(got)));
	*word = 2;
	ck_assert(maps_read(maps, (uintptr_t)word, &got, sizeof(got)));
	ck_assert_uint_eq(got, 1);
	mprotect((void *)(uintptr_t)word, 4096, PROT_READ | PROT_EXEC);
	ck_assert_int_eq(maps_refresh(maps), 1);
	ck_assert(maps_read(maps, (uintptr_t)word, &got, sizeof(got)));
	ck_assert_uint_eq(got, 2);
}
END_TEST

/* In a child without privileges, whose memory may not be opened by name. */
static int read_without_memory(void)
{
	const struct mapping *mapping;
	uint8_t got[64];

	if (prctl(PR_SET_DUMPABLE, 0) || (getuid() == 0 && setuid(65534)) ||
	    prctl(PR_SET_DUMPABLE, 0) || !access("/proc/self/mem", R_OK))
		return 77;
	maps = maps_create();
	if (maps_refresh(maps) != 1)
		return 1;
	mapping = maps_find(maps, (uintptr_t)strlen);
	if (!mapping || !mapping->is_elf || !mapping->table)
		return 2;
	if (!maps_read(maps, mapping->table, got, sizeof(got)) ||
	    memcmp(got, (const void *)mapping->table, sizeof(got)) != 0)
		return 3;
	if (!maps_read(maps, mapping->start + 4090, got, sizeof(got)) ||
	    memcmp(got, (const void *)(mapping->start + 4090), sizeof(got)) != 0)
		return 4;
	return maps_read(maps, (uintptr_t)got, got, 1) ? 5 : 0;
}

START_TEST(without_memory_the_file_is_read)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(read_without_memory());
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maps");
	TCase *whole = tcase_create("whole");
	tcase_add_checked_fixture(whole, set_up, tear_down);
	tcase_add_test(whole, executable_mappings_alone_are_kept);
	tcase_add_test(whole, paths_are_as_the_kernel_has_them);
	tcase_add_test(whole, an_image_is_all_consecutive_mappings_of_the_file);
	tcase_add_test(whole, a_file_mapped_twice_is_two_images);
	tcase_add_test(whole, the_same_text_changes_nothing);
	tcase_add_test(whole, what_differs_in_any_way_is_another_mapping);
	tcase_add_test(whole, a_mapping_that_has_gone_stays_known_until_forget);
	tcase_add_test(whole, a_mapping_in_use_is_not_forgotten);
	tcase_add_test(whole, lines_that_are_none_are_ignored);
	tcase_add_test(whole, lines_out_of_order_or_overlapping_are_ignored);
	tcase_add_test(whole, too_many_mappings_are_left_out_and_counted);
	tcase_add_test(whole, endless_paths_are_left_out_and_counted);
	tcase_add_test(whole, this_program_is_known_with_its_bias_and_table);
	tcase_add_test(whole, every_loaded_object_has_the_loaders_bias);
	tcase_add_test(whole, memory_made_executable_is_noticed_and_is_no_image);
	tcase_add_test(whole, reading_what_is_not_mapped_fails);
	tcase_add_test(whole, a_change_empties_the_cache_of_memory);
	tcase_add_test(whole, without_memory_the_file_is_read);
	suite_add_tcase(suite, whole);
	return suite_run(suite);
}
