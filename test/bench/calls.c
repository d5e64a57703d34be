/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c -- how many system calls a program makes, how many threads it starts, what it connects.
 *
 *     calls NAME=VALUE... PROGRAM ARGS...
 *
 * Prints "CALLS THREADS CONNECTS", counted from the return of execve on.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct counts {
	unsigned calls, threads, connects;
};

static void count_call(struct counts *counts, pid_t pid)
{
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return;
	counts->calls++;
	counts->threads += regs.orig_rax == SYS_clone || regs.orig_rax == SYS_clone3;
	counts->connects += regs.orig_rax == SYS_connect;
}

/* With PTRACE_O_TRACESYSGOOD, a stop at a system call has this bit. */
static int is_call(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static int follow(struct counts *counts, pid_t pid)
{
	int status, entering = 1;
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status)) /* the SIGTRAP of execve */
		return 1;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	long signal = 0;
	while (!ptrace(PTRACE_SYSCALL, pid, 0, signal)) {
		if (waitpid(pid, &status, 0) < 0)
			return 1;
		if (!WIFSTOPPED(status))
			return !WIFEXITED(status) || WEXITSTATUS(status);
		signal = is_call(status) ? 0 : WSTOPSIG(status);
		if (!is_call(status))
			continue;
		if (entering)
			count_call(counts, pid);
		entering = !entering;
	}
	return 1;
}

static void become(char **words)
{
	for (; *words && strchr(*words, '='); words++)
		putenv(*words);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	if (*words)
		execv(*words, words);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct counts counts = {0};
	if (argc < 2) {
		fprintf(stderr, "usage: calls NAME=VALUE... PROGRAM ARGS...\n");
		return 2;
	}
	pid_t pid = fork();
	if (!pid)
		become(argv + 1);
	if (pid < 0 || follow(&counts, pid)) {
		fprintf(stderr, "calls: %s could not be followed to its end\n", argv[argc - 1]);
		return 1;
	}
	printf("%u %u %u\n", counts.calls, counts.threads, counts.connects);
	return 0;
}
