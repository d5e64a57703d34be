/* SPDX-License-Identifier: Apache-2.0 */
/* first_process_of_a_namespace.c -- as process 1 it ignores signals, and inherits orphans only.
 *
 * harm: life
 * level: P0
 * naive: child
 * needs: root
 */
#include "life.h"
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* A child that leaves a child. */
static void leave_an_orphan(void)
{
	if (fork() == 0) {
		if (fork() == 0) {
			usleep(50000);
			_exit(5);
		}
		_exit(4);
	}
}

/* SIGTERM has its default action, which does nothing to a process 1, also from within. */
static void be_signalled(void)
{
	if (fork() == 0) {
		int failed = kill(1, SIGTERM) | kill(1, SIGURG) | kill(1, SIGKILL);
		_exit(failed ? 1 : 3);
	}
}

static void live(void)
{
	int ends[8] = {0}, status;
	printf("process %d\n", getpid());
	burn(0.15);
	leave_an_orphan();
	be_signalled();
	burn(0.1);
	while (wait(&status) > 0)
		ends[WEXITSTATUS(status) & 7]++;
	printf("%s: ended with 3, 4, 5: %d %d %d\n", strerrorname_np(errno), ends[3], ends[4],
	       ends[5]);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		live();
		return 7;
	}
	struct clone_args arguments = {.flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD};
	pid_t child = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	if (child == 0) {
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
		mount("proc", "/proc", "proc", 0, NULL);
		execl("/proc/self/exe", argv[0], "first", NULL);
		_exit(1);
	}
	print_ending("namespace", wait_at_most(child, 20));
	return 0;
}
