/* SPDX-License-Identifier: Apache-2.0 */
/* file_test.c -- parcels as files of a directory that others may have prepared. */
#include "transport/file.h"
#include "test/unit/suite.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char path[512];

static const char *in(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void set_up(void)
{
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void tear_down(void)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static struct parcel *make_parcel(const char *service)
{
	struct parcel *parcel = parcel_create(service);
	parcel->pid = 77;
	parcel_add_profile(parcel, "cpu", (uint8_t *)strdup("CPU"), 3);
	parcel_add_profile(parcel, "heap", (uint8_t *)strdup("HEAP!"), 5);
	return parcel;
}

static int put(const char *service)
{
	struct file_writer writer = {0};
	struct parcel *parcel = make_parcel(service);
	int error = file_put(&writer, directory, parcel, 1);
	parcel_destroy(parcel);
	return error;
}

static size_t entries(void)
{
	size_t count = 0;
	DIR *all = opendir(directory);
	while (readdir(all))
		count++;
	closedir(all);
	return count - 2;
}

static off_t size_of(const char *name)
{
	struct stat status;
	return lstat(in(name), &status) || !S_ISREG(status.st_mode) ? -1 : status.st_size;
}

START_TEST(each_profile_is_a_private_file_of_its_own)
{
	struct stat status;
	struct file_writer writer = {0};
	struct parcel *parcel = make_parcel("shop");
	ck_assert_int_eq(file_put(&writer, directory, parcel, 1), 0);
	ck_assert_int_eq(file_put(&writer, directory, parcel, 2), 0);
	ck_assert_uint_eq(entries(), 4);
	ck_assert_int_eq(size_of("shop-77-cpu-000000.pb.gz"), 3);
	ck_assert_int_eq(size_of("shop-77-heap-000000.pb.gz"), 5);
	ck_assert_int_eq(size_of("shop-77-cpu-000001.pb.gz"), 3);
	ck_assert_int_eq(stat(in("shop-77-heap-000001.pb.gz"), &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0600);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(numbers_go_on_after_those_of_a_former_process)
{
	ck_assert_int_eq(put("shop"), 0);
	ck_assert_int_eq(put("shop"), 0);
	ck_assert_int_eq(size_of("shop-77-cpu-000001.pb.gz"), 3);
	fclose(fopen(in("shop-77-wall-000041.pb.gz"), "w"));
	fclose(fopen(in("shop-78-wall-000099.pb.gz"), "w"));
	ck_assert_int_eq(put("shop"), 0);
	ck_assert_int_eq(size_of("shop-77-cpu-000042.pb.gz"), 3);
}
END_TEST

START_TEST(what_others_planted_is_neither_followed_nor_replaced)
{
	char victim[512];
	struct file_writer writer = {
		.pid = 77}; /* has looked already: number 0 is free, it thinks */
	struct parcel *parcel = make_parcel("shop");
	strcpy(victim, in("victim"));
	FILE *file = fopen(victim, "w");
	fputs("untouched", file);
	fclose(file);
	ck_assert_int_eq(symlink(victim, in("shop-77-cpu-000000.pb.gz")), 0);
	ck_assert_int_eq(mkfifo(in("shop-77-cpu-000001.pb.gz"), 0600), 0);
	ck_assert_int_eq(link(victim, in("shop-77-cpu-000002.pb.gz")), 0);
	ck_assert_int_eq(mkdir(in("shop-77-heap-000003.pb.gz"), 0700), 0);
	ck_assert_int_eq(symlink("/nonexistent/x", in("shop-77-heap-000004.pb.gz")), 0);
	ck_assert_int_eq(file_put(&writer, directory, parcel, 1), 0);
	ck_assert_int_eq(size_of("shop-77-cpu-000005.pb.gz"), 3);
	ck_assert_int_eq(size_of("shop-77-heap-000005.pb.gz"), 5);
	ck_assert_int_eq(size_of("victim"), 9);
	ck_assert_int_eq(size_of("shop-77-cpu-000003.pb.gz"), -1);
	ck_assert_uint_eq(entries(), 8);
	/* The hidden name as well: it is not written through, and another one is taken next time.
	 */
	ck_assert_int_eq(symlink(victim, in(".shop-77-0000000000000002.tmp")), 0);
	ck_assert_int_eq(file_put(&writer, directory, parcel, 2), -EAGAIN);
	ck_assert_int_eq(size_of("victim"), 9);
	ck_assert_int_eq(file_put(&writer, directory, parcel, 3), 0);
	parcel_destroy(parcel);
}
END_TEST

START_TEST(only_the_last_component_is_made)
{
	char saved[64];
	struct stat status;
	strcpy(saved, directory);
	strcat(directory, "/new");
	ck_assert_int_eq(put("shop"), 0);
	ck_assert_int_eq(stat(directory, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0700);
	strcat(directory, "/a/b");
	ck_assert_int_eq(put("shop"), -ENOENT);
	strcpy(directory, saved);
}
END_TEST

START_TEST(service_becomes_a_harmless_name)
{
	static const char *const names[][2] = {
		{"../../etc/passwd", "_._.._etc_passwd"},
		{".hidden", "_hidden"},
		{"", "_"},
		{"a b\n\x7f", "a_b__"},
		{"caf\xc3\xa9", "caf\xc3\xa9"},
	};
	char name[300];
	char *huge = calloc(1, 1000);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ck_assert_int_eq(put(names[i][0]), 0);
		snprintf(name, sizeof name, "%s-77-cpu-000000.pb.gz", names[i][1]);
		ck_assert_msg(size_of(name) == 3, "%s", name);
	}
	memset(huge, 'x', 99);
	strcat(huge, "\xc3\xa9more");
	ck_assert_int_eq(put(huge), 0);
	huge[99] = 0;
	snprintf(name, sizeof name, "%s-77-cpu-000000.pb.gz", huge);
	ck_assert_int_eq(size_of(name), 3);
	free(huge);
}
END_TEST

START_TEST(failed_write_leaves_nothing_behind)
{
	struct rlimit limit = {4, 4};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	/* The first profile fits, the second does not. */
	ck_assert_int_eq(put("shop"), -EFBIG);
	ck_assert_uint_eq(entries(), 0);
}
END_TEST

START_TEST(fifo_in_place_of_the_directory_does_not_block)
{
	char saved[64];
	strcpy(saved, directory);
	strcat(directory, "/fifo");
	ck_assert_int_eq(mkfifo(directory, 0600), 0);
	ck_assert_int_eq(put("shop"), -ENOTDIR);
	strcpy(directory, saved);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file");
	TCase *tests = tcase_create("file");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, each_profile_is_a_private_file_of_its_own);
	tcase_add_test(tests, numbers_go_on_after_those_of_a_former_process);
	tcase_add_test(tests, what_others_planted_is_neither_followed_nor_replaced);
	tcase_add_test(tests, only_the_last_component_is_made);
	tcase_add_test(tests, service_becomes_a_harmless_name);
	tcase_add_test(tests, failed_write_leaves_nothing_behind);
	tcase_add_test(tests, fifo_in_place_of_the_directory_does_not_block);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
