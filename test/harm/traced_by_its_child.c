/* SPDX-License-Identifier: Apache-2.0 */
/* traced_by_its_child.c -- a child traces its parent, as programs do that want no debugger; and
 * a parent its child.
 *
 * harm: life
 * level: P0
 */
#include "life.h"
#include <sys/prctl.h>
#include <sys/ptrace.h>

/* Passes on what arrives, until the traced process ends. */
static int follow(pid_t process)
{
	int status;
	while (waitpid(process, &status, __WALL) == process) {
		if (!WIFSTOPPED(status))
			return status;
		int signal = WSTOPSIG(status);
		int stop = status >> 16 || signal == SIGTRAP || signal == SIGSTOP;
		ptrace(PTRACE_CONT, process, NULL, stop ? 0 : signal);
	}
	return -1;
}

static void trace_parent(int ready)
{
	pid_t parent = getppid();
	if (ptrace(PTRACE_SEIZE, parent, NULL, PTRACE_O_EXITKILL))
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(2);
	follow(parent);
	_exit(0);
}

static int be_traced_by_child(void)
{
	int ready[2];
	char byte;
	burn(0.12);
	if (pipe(ready))
		return 1;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	if (fork() == 0)
		trace_parent(ready[1]);
	int attached = read(ready[0], &byte, 1) == 1;
	burn(0.2);
	return attached ? 7 : 2;
}

static void be_traced(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	burn(0.25);
	_exit(8);
}

int main(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(be_traced_by_child());
	print_ending("traced by its child", wait_at_most(child, 30));
	child = fork();
	if (child == 0)
		be_traced();
	print_ending("traced by its parent", follow(child));
	return 0;
}
