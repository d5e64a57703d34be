/* SPDX-License-Identifier: Apache-2.0 */
/* broken_connections_raise_no_signal.c -- with SIGPIPE at its default, only the program's own
 * broken pipe kills.
 *
 * harm: data
 * level: P0
 */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

static int status_of(void (*act)(int))
{
	int pair[2], status;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	pid_t child = fork();
	if (child == 0) {
		close(pair[1]);
		act(pair[0]);
		_exit(0);
	}
	close(pair[0]);
	close(pair[1]);
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void only_burn(int fd)
{
	(void)fd;
	burn(1.2);
}

static void write_to_nobody(int fd)
{
	burn(0.3);
	ssize_t written = write(fd, "x", 1);
	_exit(written == 1 ? 0 : 9);
}

int main(void)
{
	signal(SIGPIPE, SIG_DFL);
	burn(1.2);
	printf("one that writes nothing: %d\n", status_of(only_burn));
	printf("one that writes to nobody: %d\n", status_of(write_to_nobody));
	return 0;
}
