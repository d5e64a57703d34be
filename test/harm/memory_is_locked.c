/* SPDX-License-Identifier: Apache-2.0 */
/* memory_is_locked.c -- mlockall locks what it locked before, and fits where it fitted before.
 *
 * harm: threads
 * level: P0
 * naive: thread
 * needs: root
 */
#include "again.h"
#include "status.h"
#include <errno.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Little more than the program needs by itself; a thread's stack is 8 MiB. */
enum { STEP_KB = 512, LIMIT_KB = 4096, NOBODY = 65534 };

static void show_locked(const char *when)
{
	long locked = status_value("VmLck:");
	printf("%s: %ld steps of memory locked\n", when, (locked + STEP_KB / 2) / STEP_KB);
}

static void lock(int flags)
{
	int result = mlockall(flags);
	printf("mlockall: %s\n", result ? strerrorname_np(errno) : "done");
	show_locked("locked");
	burn(0.25);
	show_locked("after some work");
	printf("munlockall: %d\n", munlockall());
	show_locked("unlocked");
}

static void at_once(void)
{
	lock(MCL_CURRENT | MCL_FUTURE);
}

static void after_work(void)
{
	burn(0.2);
	lock(MCL_CURRENT | MCL_FUTURE);
}

static void only_current(void)
{
	burn(0.2);
	lock(MCL_CURRENT);
}

static void as_nobody(double seconds)
{
	struct rlimit limit = {LIMIT_KB * 1024, LIMIT_KB * 1024};
	expect(!setrlimit(RLIMIT_MEMLOCK, &limit), "limit");
	expect(!setgroups(0, NULL) && !setuid(NOBODY), "nobody");
	burn(seconds);
	lock(MCL_CURRENT | MCL_FUTURE);
}

static void limited_at_once(void)
{
	as_nobody(0);
}

static void limited_after_work(void)
{
	as_nobody(0.2);
}

/* What was given up so that all fits must not be missed by a child. */
static void limited_then_a_child(void)
{
	int status;
	as_nobody(0.05);
	pid_t child = fork();
	if (!child) {
		burn(0.2);
		_exit(3);
	}
	waitpid(child, &status, 0);
	printf("child: %x\n", status);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"at once", at_once},
						{"after work", after_work},
						{"only current", only_current},
						{"limited, at once", limited_at_once},
						{"limited, after work", limited_after_work},
						{"limited, then a child", limited_then_a_child}};
	return RUN_CASES(argc, argv, cases);
}
