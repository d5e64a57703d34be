/* SPDX-License-Identifier: Apache-2.0 */
/* environment_is_as_given.c -- environ, /proc/self/environ and that of children hold what was
 * given, in its order.
 *
 * harm: loading
 * level: P0
 * naive: environ
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"
#include "runner_variables.h"

extern char **environ;

static void show(const char *when, char **envp)
{
	printf("%s: it is %s\n", when, environ == envp ? "where it was" : "elsewhere");
	for (char **entry = environ; *entry; entry++)
		if (!is_of_the_runner(*entry))
			printf("%s: %s\n", when, *entry);
}

static void show_proc(void)
{
	static char text[65536];
	FILE *file = fopen("/proc/self/environ", "r");
	size_t size = fread(text, 1, sizeof text - 1, file), at = 0, same = 1;
	fclose(file);
	for (char **entry = environ; *entry; at += strlen(*entry++) + 1)
		same &= at < size && !strcmp(text + at, *entry);
	printf("the kernel's: %s, %s\n", same ? "the same" : "another",
	       at == size ? "complete" : "of another size");
}

int main(int argc, char **argv, char **envp)
{
	show(argc > 1 ? "child" : "at first", envp);
	if (argc > 1)
		return 0;
	burn(1.2);
	show("at last", envp);
	show_proc();
	fflush(stdout);
	if (fork() == 0)
		execv(argv[0], (char *[]){argv[0], "child", NULL});
	wait(NULL);
	fflush(stdout);
	return execve("/usr/bin/env", (char *[]){"env", NULL}, (char *[]){"ONLY=this", NULL});
}
