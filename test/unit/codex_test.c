/* SPDX-License-Identifier: Apache-2.0 */
/* codex_test.c -- a dictionary and its file, whole, torn and damaged. */
#include "collector/codex.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char service[] = "shop/../\n:*";
static char directory[64], path[128];
static int directory_fd;

static void set_up(void)
{
	char name[CODEX_NAME_SIZE];
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY);
	codex_name(name, service);
	snprintf(path, sizeof path, "%s/%s", directory, name);
}

static void tear_down(void)
{
	char command[100];
	close(directory_fd);
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static struct codex *open_codex(void)
{
	struct codex *codex;
	ck_assert_int_eq(codex_open(&codex, directory_fd, service, 5), 0);
	return codex;
}

static uint32_t add(struct codex *codex, const char *text)
{
	return dictionary_text(codex->dictionary, text, strlen(text));
}

static off_t file_size(void)
{
	struct stat status;
	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_size;
}

START_TEST(what_was_saved_has_its_number_again)
{
	struct codex *codex = open_codex();
	uint32_t one = add(codex, "one");
	ck_assert_int_eq(codex_save(codex), 0);
	uint32_t two = add(codex, "two");
	ck_assert_int_eq(codex_save(codex), 0);
	off_t size = file_size();
	ck_assert_int_eq(codex_save(codex), 0);
	ck_assert_int_eq(file_size(), size);
	add(codex, "never saved");
	codex_release(codex);
	codex = open_codex();
	ck_assert_uint_eq(dictionary_count(codex->dictionary, DICTIONARY_TEXTS), 3);
	ck_assert_uint_eq(add(codex, "two"), two);
	ck_assert_uint_eq(add(codex, "one"), one);
	codex_release(codex);
}
END_TEST

START_TEST(a_torn_end_is_cut_off_wherever_it_is_torn)
{
	struct codex *codex = open_codex();
	add(codex, "one");
	ck_assert_int_eq(codex_save(codex), 0);
	off_t whole = file_size();
	add(codex, "two");
	ck_assert_int_eq(codex_save(codex), 0);
	off_t size = file_size();
	codex_release(codex);
	for (off_t cut = size - 1; cut > whole; cut--) {
		ck_assert_int_eq(truncate(path, cut), 0);
		codex = open_codex();
		ck_assert_int_eq(file_size(), whole);
		ck_assert_uint_eq(dictionary_count(codex->dictionary, DICTIONARY_TEXTS), 2);
		uint32_t two = add(codex, "two");
		ck_assert_int_eq(codex_save(codex), 0);
		ck_assert_int_eq(file_size(), size);
		codex_release(codex);
		codex = open_codex();
		ck_assert_uint_eq(add(codex, "two"), two);
		codex_release(codex);
	}
}
END_TEST

START_TEST(a_damaged_file_is_refused)
{
	struct codex *codex = open_codex();
	uint8_t byte;
	add(codex, "one");
	ck_assert_int_eq(codex_save(codex), 0);
	codex_release(codex);
	int fd = open(path, O_RDWR);
	off_t at = file_size() - 1;
	ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
	ck_assert_int_eq(codex_open(&codex, directory_fd, service, 5), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codex");
	TCase *test = tcase_create("codex");
	tcase_add_checked_fixture(test, set_up, tear_down);
	tcase_add_test(test, what_was_saved_has_its_number_again);
	tcase_add_test(test, a_torn_end_is_cut_off_wherever_it_is_torn);
	tcase_add_test(test, a_damaged_file_is_refused);
	suite_add_tcase(suite, test);
	return suite_run(suite);
}
