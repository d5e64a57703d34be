/* SPDX-License-Identifier: Apache-2.0 */
/* alone_for_namespaces.c -- a program without threads may enter what only such programs may enter.
 *
 * harm: threads
 * level: P0
 * naive: thread
 * needs: unshare
 */
#include "again.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>

static const char *outcome(int result)
{
	return result ? strerror(errno) : "done";
}

static void enter_user(void)
{
	printf("%s", outcome(unshare(CLONE_NEWUSER)));
}

static void enter_user_by_call(void)
{
	printf("%s", outcome((int)syscall(SYS_unshare, CLONE_NEWUSER)));
}

static void enter_all(void)
{
	printf("%s", outcome(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
				     CLONE_NEWNET | CLONE_NEWCGROUP)));
}

static void enter_user_twice(void)
{
	enter_user();
	printf(", ");
	burn(0.12);
	enter_user();
}

/* One's own is refused, if with EINVAL for another reason than having threads. */
static void enter_by_descriptor(void)
{
	int gate[2];
	char byte = 0;
	if (pipe(gate))
		exit(3);
	pid_t child = fork();
	if (child == 0) {
		int failed = unshare(CLONE_NEWUSER);
		byte = (char)failed;
		_exit(write(gate[1], &byte, 1) != 1 || pause());
	}
	if (read(gate[0], &byte, 1) != 1 || byte)
		exit(4);
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/user", child);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	printf("%s", outcome(setns(fd, CLONE_NEWUSER)));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void share_nothing(void)
{
	printf("%s", outcome(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)));
	printf(", %s", outcome(unshare(CLONE_VM)));
	printf(", %s", outcome(unshare(CLONE_SIGHAND | CLONE_VM)));
	printf(", %s", outcome(unshare(CLONE_THREAD)));
}

static void exec_tool(void)
{
	fflush(stdout);
	execlp("unshare", "unshare", "-Urm", "true", NULL);
}

static const struct {
	const char *name;
	void (*enter)(void);
} ways[] = {
	{"user namespace", enter_user},
	{"by system call", enter_user_by_call},
	{"all", enter_all},
	{"twice", enter_user_twice},
	{"by descriptor", enter_by_descriptor},
	{"no sharing", share_nothing},
	{"unshare -Urm", exec_tool},
};

int main(int argc, char **argv)
{
	static const double before[] = {0, 0.05, 0.15};
	if (argc > 1) {
		int i = atoi(argv[1]);
		printf("%s after %g s: ", ways[i / 3].name, before[i % 3]);
		burn(before[i % 3]);
		ways[i / 3].enter();
		burn(0.02);
		printf("\n");
		return 0;
	}
	for (int i = 0; i < 3 * (int)(sizeof ways / sizeof *ways); i++)
		run_case(i, "ended");
	return 0;
}
