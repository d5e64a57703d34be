/* SPDX-License-Identifier: Apache-2.0 */
/* jitmap_test.c -- what a JIT compiler wrote, and what anybody else may have written, in a perf
 * map. */
#include "core/jitmap.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WANTED_MAX = 64 };

struct text {
	const char *bytes;
	size_t size;
	size_t reads;
};

/* What was found for each address; NULL for none. */
static char *found_names[WANTED_MAX];

static void take_name(void *context, size_t index, const char *name, const char *system_name)
{
	(void)context;
	(void)system_name;
	ck_assert_uint_lt(index, WANTED_MAX);
	ck_assert_ptr_null(found_names[index]);
	found_names[index] = strdup(name);
}

static bool text_read(void *context, uint64_t offset, void *to, size_t len)
{
	struct text *text = context;

	text->reads++;
	ck_assert_uint_le(offset, text->size);
	ck_assert_uint_le(len, text->size - offset);
	memcpy(to, text->bytes + offset, len);
	return true;
}

static void names_forget(void)
{
	for (size_t i = 0; i < WANTED_MAX; i++) {
		free(found_names[i]);
		found_names[i] = NULL;
	}
}

static void list_create(struct unnamed *list, const uint64_t *addresses, size_t count)
{
	const struct symbols_wanted wanted = {.addresses = addresses, .count = count};

	names_forget();
	ck_assert_int_eq(unnamed_create(list, &wanted, 0), 0);
	list->found = take_name;
}

static size_t match(const char *bytes, size_t size, const uint64_t *addresses, size_t count)
{
	struct text text = {.bytes = bytes, .size = size};
	struct unnamed list;

	list_create(&list, addresses, count);
	jitmap_match(text_read, &text, size, &list);
	size_t named = list.named;
	ck_assert_uint_eq(list.count, count - named);
	unnamed_destroy(&list);
	return named;
}

static const char *match_one(const char *text, uint64_t address)
{
	match(text, strlen(text), &address, 1);
	return found_names[0] != NULL ? found_names[0] : "";
}

START_TEST(lines_name_the_addresses_they_cover)
{
	static const char text[] = "1000 10 first\n0x1010 0x8 py::f:/a b.py\nABCDEF00 ff Upper\n";
	const uint64_t addresses[] = {0xfff,  0x1000, 0x100f,	  0x1010,
				      0x1017, 0x1018, 0xabcdef10, UINT64_MAX};

	ck_assert_uint_eq(match(text, sizeof(text) - 1, addresses, 8), 5);
	ck_assert_ptr_null(found_names[0]);
	ck_assert_str_eq(found_names[1], "first");
	ck_assert_str_eq(found_names[2], "first");
	ck_assert_str_eq(found_names[3], "py::f:/a b.py");
	ck_assert_str_eq(found_names[4], "py::f:/a b.py");
	ck_assert_ptr_null(found_names[5]);
	ck_assert_str_eq(found_names[6], "Upper");
	ck_assert_ptr_null(found_names[7]);
}
END_TEST

START_TEST(later_line_wins)
{
	ck_assert_str_eq(match_one("1000 100 old\n1040 20 new\n", 0x1050), "new");
	ck_assert_str_eq(match_one("1000 100 old\n1040 20 new\n", 0x1030), "old");
	ck_assert_str_eq(match_one("1040 20 old\n1000 100 new\n", 0x1050), "new");
}
END_TEST

START_TEST(bad_lines_are_skipped)
{
	static const char *const bad[] = {
		"",
		"\n",
		"1000 100\n",
		"1000 100 \n",
		"1000\n",
		"xyz 100 bad\n",
		"0x 100 bad\n",
		"1000 -1 bad\n",
		"+1000 100 bad\n",
		"1000,100,bad\n",
		"1000 0 bad\n",
		" 1000 100 bad\n",
		"fffffffffffffff0 20 bad\n",
		"1 ffffffffffffffff bad\n",
		"10000000000001000 100 bad\n",
		"1000 100bad\n",
	};
	char text[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_str_eq(match_one(bad[i], 0x1008), "");
		snprintf(text, sizeof(text), "1000 100 good\n%s", bad[i]);
		ck_assert_msg(strcmp(match_one(text, 0x1008), "good") == 0, "%s", bad[i]);
	}
}
END_TEST

START_TEST(last_line_without_an_end_is_ignored)
{
	ck_assert_str_eq(match_one("1000 100 partia", 0x1008), "");
	ck_assert_str_eq(match_one("1000 100 whole\n1000 100 partia", 0x1008), "whole");
}
END_TEST

START_TEST(lines_across_chunks_are_whole)
{
	enum { LINES = 20000, STEP = 1249 };
	char *text = malloc((size_t)LINES * 32);
	uint64_t addresses[LINES / STEP];
	size_t size = 0;
	size_t count = 0;

	for (int i = 0; i < LINES; i++)
		size += (size_t)sprintf(text + size, "%x 10 function_%d\n", 0x10000 + i * 16, i);
	for (uint64_t i = STEP; i < LINES; i += STEP)
		addresses[count++] = 0x10000 + i * 16 + 15;
	ck_assert_uint_eq(match(text, size, addresses, count), count);
	for (size_t i = 0; i < count; i++) {
		char expected[32];
		snprintf(expected, sizeof(expected), "function_%zu", (i + 1) * STEP);
		ck_assert_str_eq(found_names[i], expected);
	}
	free(text);
}
END_TEST

START_TEST(overlong_line_is_cut_at_the_end_of_its_name)
{
	size_t size = 300000;
	char *text = malloc(size + 64);
	const uint64_t addresses[] = {0x1008, 0x2008};

	memset(text, 'n', size);
	text[snprintf(text, size, "1000 100 ")] = 'n';
	strcpy(text + size, "\n2000 100 short\n");
	ck_assert_uint_eq(match(text, strlen(text), addresses, 2), 2);
	ck_assert_uint_eq(strlen(found_names[0]), UNNAMED_NAME_MAX - 1);
	ck_assert_uint_eq(strspn(found_names[0], "n"), UNNAMED_NAME_MAX - 1);
	ck_assert_str_eq(found_names[1], "short");
	free(text);
}
END_TEST

START_TEST(reading_stops_when_all_are_named)
{
	size_t size = 1 << 20;
	char *bytes = malloc(size);
	static const char last[] = "\n1000 100 last\n";
	struct text text = {.bytes = bytes, .size = size};
	struct unnamed list;

	memset(bytes, '\n', size);
	memcpy(bytes + size - sizeof(last) + 1, last, sizeof(last) - 1);
	list_create(&list, &(uint64_t){0x1000}, 1);
	jitmap_match(text_read, &text, size, &list);
	ck_assert_uint_eq(list.named, 1);
	ck_assert_uint_eq(text.reads, 1);
	unnamed_destroy(&list);
	free(bytes);
}
END_TEST

static bool endless_read(void *context, uint64_t offset, void *to, size_t len)
{
	uint64_t *lowest = context;

	*lowest = offset;
	memset(to, 'x', len);
	((char *)to)[len / 2] = '\n';
	return true;
}

START_TEST(of_a_huge_file_only_the_end_is_read)
{
	uint64_t size = (uint64_t)1 << 40;
	uint64_t lowest = size;
	struct unnamed list;

	list_create(&list, &(uint64_t){0x1000}, 1);
	jitmap_match(endless_read, &lowest, size, &list);
	ck_assert_uint_eq(lowest, size - JITMAP_READ_MAX);
	unnamed_destroy(&list);
}
END_TEST

static int resolve(const char *path)
{
	struct unnamed list;

	list_create(&list, &(uint64_t){0x1008}, 1);
	int error = jitmap_resolve(path, &list);
	ck_assert_uint_eq(list.named, found_names[0] != NULL);
	unnamed_destroy(&list);
	return error;
}

START_TEST(only_our_own_regular_files_are_read)
{
	char path[] = "/tmp/jitmap_test.XXXXXX";
	char other[64];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "1000 100 ours\n", 14), 14);
	ck_assert_int_eq(resolve(path), 0);
	ck_assert_str_eq(found_names[0], "ours");
	snprintf(other, sizeof(other), "%s.link", path);
	ck_assert_int_eq(symlink(path, other), 0);
	ck_assert_int_eq(resolve(other), -ELOOP);
	unlink(other);
	ck_assert_int_eq(mkfifo(other, 0600), 0);
	ck_assert_int_eq(resolve(other), -EPERM); /* and does not wait for a writer */
	unlink(other);
	ck_assert_int_eq(resolve(other), -ENOENT);
	ck_assert_int_eq(resolve("/tmp"), -EPERM);
	if (geteuid() == 0) {
		ck_assert_int_eq(fchown(fd, 12345, 12345), 0);
		ck_assert_int_eq(resolve(path), -EPERM);
		ck_assert_ptr_null(found_names[0]);
	}
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(file_of_a_process_is_found_by_its_pid)
{
	char path[64];
	int pid = (int)getpid();
	uint64_t address = 0x1008;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("1000 100 _ZN3jit4codeEv\n", file);
	fclose(file);
	names_forget();
	ck_assert_uint_eq(symbols_resolve_jit(pid, &address, 1, take_name, NULL), 1);
	ck_assert_str_eq(found_names[0], "jit::code");
	unlink(path);
	names_forget();
	ck_assert_uint_eq(symbols_resolve_jit(pid, &address, 1, take_name, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("jitmap");
	TCase *tests = tcase_create("jitmap");

	tcase_add_test(tests, lines_name_the_addresses_they_cover);
	tcase_add_test(tests, later_line_wins);
	tcase_add_test(tests, bad_lines_are_skipped);
	tcase_add_test(tests, last_line_without_an_end_is_ignored);
	tcase_add_test(tests, lines_across_chunks_are_whole);
	tcase_add_test(tests, overlong_line_is_cut_at_the_end_of_its_name);
	tcase_add_test(tests, reading_stops_when_all_are_named);
	tcase_add_test(tests, of_a_huge_file_only_the_end_is_read);
	tcase_add_test(tests, only_our_own_regular_files_are_read);
	tcase_add_test(tests, file_of_a_process_is_found_by_its_pid);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
