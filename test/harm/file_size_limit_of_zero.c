/* SPDX-License-Identifier: Apache-2.0 */
/* file_size_limit_of_zero.c -- a program that may write no file is told so only of its own
 * attempts.
 *
 * harm: data
 * level: P0
 * naive: fsize
 * env: CONPROF_SPOOL=@/spool CONPROF_LOG_FILE=@/log CONPROF_LOG_LEVEL=4
 * env: CONPROF_URL=file://@/profiles,tcp://127.0.0.1:1
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

/* The signal keeps its default, which is to die: a stray one ends the program. */
static void write_too_much(void)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		int fd = open("of_the_child", O_CREAT | O_WRONLY, 0600);
		ssize_t written = write(fd, "x", 1);
		_exit(written == 1 ? 0 : errno);
	}
	waitpid(child, &status, 0);
	printf("the child was ended by signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(void)
{
	burn(0.3); /* the files that are to be written have begun */
	struct rlimit none = {0, 0};
	printf("limit: %d\n", setrlimit(RLIMIT_FSIZE, &none));
	for (int i = 0; i < 12; i++)
		burn(0.1);
	write_too_much();
	fflush(stdout);
	return 0;
}
