/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c -- counts the instructions that a program executes between its two SIGSTOPs.
 *
 *     steps [NAME=VALUE...] -- PROGRAM ARGUMENTS...
 *
 * One at a time, by the processor's own single steps: exact, and the same each time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

/* The signal that stopped it; ends with the child. */
static int wait_for_stop(void)
{
	int status;
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
		fprintf(stderr, "steps: the program ended before its second SIGSTOP\n");
		exit(1);
	}
	return WSTOPSIG(status);
}

static void go_on(int request, int signal)
{
	if (ptrace(request, child, NULL, (long)signal)) {
		perror("steps: ptrace");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	long count = 0;
	int i = 1, signal;
	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i + 1 >= argc)
		return 2;
	child = fork();
	if (!child) {
		for (int j = 1; j < i; j++)
			putenv(argv[j]);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[i + 1], argv + i + 1);
		_exit(127);
	}
	for (signal = wait_for_stop(); signal != SIGSTOP; signal = wait_for_stop())
		go_on(PTRACE_CONT, signal == SIGTRAP ? 0 : signal);
	do {
		go_on(PTRACE_SINGLESTEP, signal == SIGTRAP || signal == SIGSTOP ? 0 : signal);
		signal = wait_for_stop();
		count += signal == SIGTRAP;
	} while (signal != SIGSTOP);
	kill(child, SIGKILL);
	printf("%ld\n", count);
	return 0;
}
