/* SPDX-License-Identifier: Apache-2.0 */
/* fork_by_system_call.c -- children that libc did not hear of work, in processes of their own.
 *
 * harm: life
 * level: P0
 */
#include "life.h"
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static int live(void *unused)
{
	(void)unused;
	burn(0.12);
	free(malloc(100000));
	return 7;
}

static pid_t by_clone3(void)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static pid_t on_a_new_stack(int flags)
{
	enum { STACK = 256 << 10 };
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return clone(live, stack + STACK, flags | SIGCHLD, NULL);
}

static void see(const char *what, pid_t child)
{
	if (child == 0)
		_exit(live(NULL));
	print_ending(what, wait_at_most(child, 20));
}

int main(void)
{
	for (int round = 0; round < 2; round++) {
		see("fork", (pid_t)syscall(SYS_fork));
		see("clone", (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
		see("clone3", by_clone3());
		see("clone with files shared", on_a_new_stack(CLONE_FILES | CLONE_FS));
		burn(0.12);
	}
	return 0;
}
