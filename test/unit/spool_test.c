/* SPDX-License-Identifier: Apache-2.0 */
/* spool_test.c -- parcels kept across restarts. */
#include "core/spool.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static struct spool *spool;
static uint64_t removed;

static void set_up(void)
{
	strcpy(directory, "/tmp/conprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	spool = spool_open(directory, 10000);
	ck_assert_ptr_nonnull(spool);
	removed = 0;
}

static void tear_down(void)
{
	char command[100];
	spool_close(spool);
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static int put(uint64_t end_ns, size_t size)
{
	struct spool_item item = {.target_count = 2, .targets = {5, ~(uint64_t)0}};
	item.parcel = parcel_create("shop");
	item.parcel->end_ns = end_ns;
	parcel_add_profile(item.parcel, "cpu", calloc(1, size), size);
	int error = spool_put(spool, &item, end_ns * 7 + 1, &removed);
	parcel_destroy(item.parcel);
	return error;
}

/* The end_ns of the next item, 0 when there is none. */
static uint64_t take(struct spool *from)
{
	struct spool_item item;
	int error = spool_take(from, &item, &removed);
	if (error) {
		ck_assert_int_eq(error, -ENOENT);
		return 0;
	}
	uint64_t end_ns = item.parcel->end_ns;
	ck_assert_uint_eq(item.target_count, 2);
	ck_assert_uint_eq(item.targets[0], 5);
	ck_assert_uint_eq(item.targets[1], ~(uint64_t)0);
	parcel_destroy(item.parcel);
	return end_ns;
}

START_TEST(items_come_back_oldest_first)
{
	ck_assert_int_eq(put(30, 100), 0);
	ck_assert_int_eq(put(10, 100), 0);
	ck_assert_int_eq(put(20, 100), 0);
	spool_close(spool);
	spool = spool_open(directory, 10000);
	for (uint64_t i = 10; i <= 30; i += 10) {
		ck_assert_uint_eq(take(spool), i);
		spool_remove(spool);
	}
	ck_assert_uint_eq(take(spool), 0);
	ck_assert_uint_eq(removed, 0);
}
END_TEST

START_TEST(released_items_stay_and_wait_for_their_next_turn)
{
	struct spool_item item;
	put(10, 100);
	put(20, 100);
	ck_assert_uint_eq(take(spool), 10);
	ck_assert_int_eq(spool_take(spool, &item, &removed), -EBUSY);
	spool_release(spool);
	ck_assert_uint_eq(take(spool), 20);
	spool_remove(spool);
	ck_assert_uint_eq(take(spool), 0);
	ck_assert_uint_eq(take(spool), 10);
}
END_TEST

START_TEST(item_that_another_process_has_taken_is_left_to_it)
{
	struct spool *other = spool_open(directory, 10000);
	put(10, 100);
	put(20, 100);
	ck_assert_uint_eq(take(other), 10);
	ck_assert_uint_eq(take(spool), 20);
	spool_close(other);
	spool_release(spool);
	ck_assert_uint_eq(take(spool), 0);
	ck_assert_uint_eq(take(spool), 10);
}
END_TEST

START_TEST(oldest_make_room_and_are_counted)
{
	for (uint64_t i = 1; i <= 20; i++)
		ck_assert_int_eq(put(i, 1800), 0);
	ck_assert_uint_eq(removed, 15);
	ck_assert_uint_eq(take(spool), 16);
	ck_assert_int_eq(put(99, 20000), -EFBIG);
	ck_assert_uint_eq(removed, 15);
}
END_TEST

START_TEST(directory_must_be_ours_alone)
{
	char name[100];
	chmod(directory, 0750);
	ck_assert_ptr_null(spool_open(directory, 10000));
	ck_assert_int_eq(errno, EPERM);
	chmod(directory, 0700);
	snprintf(name, sizeof name, "%s/link", directory);
	ck_assert_int_eq(symlink(directory, name), 0);
	ck_assert_ptr_null(spool_open(name, 10000));
	snprintf(name, sizeof name, "%s/new", directory);
	struct spool *made = spool_open(name, 10000);
	ck_assert_ptr_nonnull(made);
	spool_close(made);
	if (geteuid())
		return;
	ck_assert_int_eq(chown(name, 12345, 12345), 0);
	ck_assert_ptr_null(spool_open(name, 10000));
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

START_TEST(planted_and_damaged_files_are_removed_not_followed)
{
	char name[200];
	char victim[100];
	snprintf(victim, sizeof victim, "%s/victim", directory);
	close(open(victim, O_CREAT | O_WRONLY, 0600));
	snprintf(name, sizeof name, "%s/0000000000000001-a.parcel", directory);
	ck_assert_int_eq(symlink(victim, name), 0);
	snprintf(name, sizeof name, "%s/0000000000000002-a.parcel", directory);
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	snprintf(name, sizeof name, "%s/0000000000000003-a.parcel", directory);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	snprintf(name, sizeof name, "%s/0000000000000004-a.parcel", directory);
	int fd = open(name, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, "CPSPOOL1\1\0\0\0\0\0\0\0garbage!more", 28), 28);
	close(fd);
	put(5, 100);
	ck_assert_uint_eq(take(spool), 5);
	ck_assert_uint_eq(removed, 4);
	ck_assert_int_eq(access(victim, F_OK), 0);
}
END_TEST

START_TEST(hidden_leftovers_of_the_dead_go_in_time)
{
	char name[200];
	struct timespec old[2] = {{1, 0}, {1, 0}};
	snprintf(name, sizeof name, "%s/.abc.tmp", directory);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	put(5, 100);
	ck_assert_int_eq(access(name, F_OK), 0);
	utimensat(AT_FDCWD, name, old, 0);
	put(6, 100);
	ck_assert_int_ne(access(name, F_OK), 0);
}
END_TEST

START_TEST(files_are_private)
{
	struct stat status;
	char command[200];
	put(5, 100);
	snprintf(command, sizeof command, "%s/%016x-%016x.parcel", directory, 5, 36);
	ck_assert_int_eq(stat(command, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0600);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tests = tcase_create("spool");
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, items_come_back_oldest_first);
	tcase_add_test(tests, released_items_stay_and_wait_for_their_next_turn);
	tcase_add_test(tests, item_that_another_process_has_taken_is_left_to_it);
	tcase_add_test(tests, oldest_make_room_and_are_counted);
	tcase_add_test(tests, directory_must_be_ours_alone);
	tcase_add_test(tests, planted_and_damaged_files_are_removed_not_followed);
	tcase_add_test(tests, hidden_leftovers_of_the_dead_go_in_time);
	tcase_add_test(tests, files_are_private);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
