/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_from_the_start.c -- a filter is there before the program: calls are refused or kill.
 *
 * harm: life
 * level: P0
 * naive: cpu, thread
 * differs: prctl: (exit|signal) -- whether there is a filter is asked by prctl
 */
#include "life.h"
#include "sandbox.h"
#include <errno.h>

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}
static const struct {
	const char *name;
	int number;
} refused[] = {CALL(perf_event_open), CALL(timer_create), CALL(process_vm_readv),
	       CALL(memfd_create),    CALL(pidfd_open),	  CALL(unshare),
	       CALL(clone),	      CALL(clone3),	  CALL(prctl)};
#undef CALL

enum { REFUSED = sizeof refused / sizeof *refused, ALL = -1 };

/* Which of them, and how; fork and vfork are left, as in sandboxes of browsers. */
static void execute_within(int which, unsigned answer, char *self)
{
	struct sock_filter filter[2 * REFUSED + 2] = {SANDBOX_LOAD(nr)};
	unsigned short length = 1;
	for (int i = 0; i < REFUSED; i++) {
		struct sock_filter rule[] = {SANDBOX_IF(refused[i].number, answer)};
		if (which == ALL || which == i) {
			memcpy(filter + length, rule, sizeof rule);
			length += 2;
		}
	}
	filter[length++] = (struct sock_filter)SANDBOX_ELSE(SECCOMP_RET_ALLOW);
	struct sock_fprog program = {length, filter};
	if (sandbox_enter(&program, SANDBOX_SYSCALL) == 0)
		execl("/proc/self/exe", self, "within", NULL);
	_exit(2);
}

static void see(const char *what, int which, unsigned answer, char *self)
{
	pid_t child = (pid_t)syscall(SYS_fork);
	if (child == 0)
		execute_within(which, answer, self);
	print_ending(what, wait_at_most(child, 20));
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		burn(0.12);
		return 7;
	}
	see("not permitted", ALL, SECCOMP_RET_ERRNO | EPERM, argv[0]);
	see("not there", ALL, SECCOMP_RET_ERRNO | ENOSYS, argv[0]);
	printf("kills:\n");
	for (int i = 0; i < REFUSED; i++)
		see(refused[i].name, i, SECCOMP_RET_KILL_PROCESS, argv[0]);
	return 0;
}
