/* SPDX-License-Identifier: Apache-2.0 */
/* status_test.c -- status files as the kernel writes them, also for a user of many groups. */
#include "core/procfile.h"
#include "core/status.h"
#include "core/tasks.h"
#include "test/unit/suite.h"

#include <check.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct status status;
static char path[64]; /* of what was taken last */

static bool take(const char *text, size_t size)
{
	static int fd = -1;

	if (fd >= 0)
		close(fd);
	fd = memfd_create("status_test", 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return status_read(&status, path);
}

START_TEST(numbers_stand_behind_their_keys)
{
	static const char text[] =
		"Name:\tx\nSigBlk:\t00000000000000ff\nSeccomp:\t2\nVmSize:\t    1234 kB\n";
	uint64_t value;

	ck_assert(take(text, sizeof(text) - 1));
	ck_assert(procfile_number(path, "\nSigBlk:", 16, &value));
	ck_assert_uint_eq(value, 0xff);
	ck_assert(procfile_number(path, "\nSeccomp:", 10, &value));
	ck_assert_uint_eq(value, 2);
	ck_assert(procfile_number(path, "\nVmSize:", 10, &value));
	ck_assert_uint_eq(value, 1234);
	ck_assert(!procfile_number(path, "\nCapEff:", 16, &value));
	ck_assert(!procfile_number(path, "\nName:", 10, &value)); /* no number */
	ck_assert(!procfile_number("/nonexistent", "\nName:", 10, &value));
	ck_assert(!take("", 0));
	ck_assert(!status_read(&status, "/nonexistent"));
}
END_TEST

START_TEST(a_longer_line_is_not_the_same)
{
	static struct status other;

	take("x\nUid:\t1\t1\n", 11);
	other = status;
	ck_assert(status_is_same(&status, &other, "\nUid:"));
	ck_assert(status_is_same(&status, &other, "\nGid:"));
	take("x\nUid:\t1\t11\n", 12);
	ck_assert(!status_is_same(&status, &other, "\nUid:"));
	ck_assert(!status_is_same(&other, &status, "\nUid:"));
}
END_TEST

START_TEST(long_lines_hide_nothing)
{
	enum { SIZE = 800000 };
	char *text = malloc(SIZE + 64);
	uint64_t value;
	size_t size = (size_t)sprintf(text, "Name:\tx\nState:\tZ (zombie)\nGroups:\t");

	memset(text + size, '7', SIZE - size);
	size = SIZE + (size_t)sprintf(text + SIZE, "\nSigBlk:\t0000000000000005\n");
	ck_assert(take(text, size));
	ck_assert(procfile_number(path, "\nSigBlk:", 16, &value));
	ck_assert_uint_eq(value, 5);
	ck_assert(status_is_dead(&status));
	free(text);
}
END_TEST

/* In a child: the main thread blocks one signal, and is a member of as many groups as there may
 * be. Returns what is wrong. */
static int look_at_many_groups(void)
{
	enum { GROUPS = 65536 };
	gid_t *groups = calloc(GROUPS, sizeof(*groups));
	sigset_t blocked;

	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = 1000000000 + i;
	if (setgroups(GROUPS, groups))
		return 77;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGURG);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	return tasks_blocked_signals((uint32_t)getpid()) != UINT64_C(1) << (SIGURG - 1);
}

START_TEST(a_user_of_many_groups_is_read)
{
	pid_t child;
	int result;

	if (geteuid())
		return;
	child = fork();
	if (!child)
		_exit(look_at_many_groups());
	waitpid(child, &result, 0);
	ck_assert(WIFEXITED(result));
	ck_assert(WEXITSTATUS(result) == 0 || WEXITSTATUS(result) == 77);
}
END_TEST

/* The kernel escapes a newline, so that a name cannot pass for another line. */
START_TEST(a_name_is_no_line)
{
	uint64_t value;

	prctl(PR_SET_NAME, "x\nSeccomp:\t7");
	ck_assert(procfile_number("/proc/thread-self/status", "\nSeccomp:", 10, &value));
	ck_assert_uint_ne(value, 7);
	ck_assert_int_eq(tasks_compare_privileges(), TASKS_ALIKE);
	ck_assert(!tasks_is_dead((uint32_t)getpid()));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tests = tcase_create("status");

	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, numbers_stand_behind_their_keys);
	tcase_add_test(tests, a_longer_line_is_not_the_same);
	tcase_add_test(tests, long_lines_hide_nothing);
	tcase_add_test(tests, a_user_of_many_groups_is_read);
	tcase_add_test(tests, a_name_is_no_line);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
