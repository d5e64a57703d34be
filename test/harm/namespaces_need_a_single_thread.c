/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces_need_a_single_thread.c -- unshare and setns are granted whenever they are asked for.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "again.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>

static const double moments[] = {0, 0.05, 0.12, 0.3};
static int moment;

static void show(const char *what, int result)
{
	printf("%s after %.2f s: %s\n", what, moments[moment],
	       result ? strerrorname_np(errno) : "granted");
	fflush(stdout);
}

static void ask(const char *what, int flags)
{
	burn(moments[moment]);
	show(what, unshare(flags));
	burn(0.02);
	_exit(0);
}

static void users(void)
{
	ask("users", CLONE_NEWUSER);
}

static void users_and_mounts(void)
{
	ask("users and mounts", CLONE_NEWUSER | CLONE_NEWNS);
}

static void users_by_system_call(void)
{
	burn(moments[moment]);
	show("users by system call", (int)syscall(SYS_unshare, CLONE_NEWUSER));
	_exit(0);
}

/* Into that of itself, which only a single thread may do. */
static void mounts_by_descriptor(void)
{
	burn(moments[moment]);
	show("mounts by descriptor", setns(open("/proc/self/ns/mnt", O_RDONLY), CLONE_NEWNS));
	burn(0.02);
	_exit(0);
}

/* Each in a child, because what is unshared stays so. */
static void ask_all(void)
{
	static void (*const questions[])(void) = {users_and_mounts, users_by_system_call,
						  mounts_by_descriptor};
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			questions[i]();
		print_ending("child", wait_at_most(child, CASE_SECONDS));
	}
	users();
}

static void at_once(void)
{
	ask_all();
}

static void during_birth(void)
{
	moment = 1;
	ask_all();
}

static void right_after_birth(void)
{
	moment = 2;
	ask_all();
}

static void later(void)
{
	moment = 3;
	ask_all();
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {{"at once", at_once},
						{"during birth", during_birth},
						{"right after birth", right_after_birth},
						{"later", later}};
	return RUN_CASES(argc, argv, cases);
}
