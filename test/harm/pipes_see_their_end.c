/* SPDX-License-Identifier: Apache-2.0 */
/* pipes_see_their_end.c -- closing the only descriptor of a pipe or listener is seen at once.
 *
 * Someone who keeps a copy of the program's descriptors keeps the other side waiting. The program
 * executes itself with the pipe open, so that also what begins before main could hold it.
 *
 * harm: life
 * level: P0
 */
#include "life.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { WRITER = 9 };

static int listen_on(in_port_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				      .sin_port = *port};
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 5)) {
		printf("listen: %s\n", strerrorname_np(errno));
		return -1;
	}
	getsockname(listener, (struct sockaddr *)&address, &length);
	*port = address.sin_port;
	return listener;
}

/* The descriptors are open when the profiler begins, at 0.1 s, and closed when it lives. */
static void hold_and_close(void)
{
	in_port_t port = 0;
	int pair[2];
	int listener = listen_on(&port);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return;
	burn(0.3);
	close(WRITER);
	close(listener);
	printf("bound again: %d\n", listen_on(&port) >= 0);
	close(pair[0]);
	struct pollfd peer = {.fd = pair[1], .events = POLLIN};
	printf("peer closed: %d\n", poll(&peer, 1, 1000) == 1 && (peer.revents & POLLHUP) != 0);
	fflush(stdout);
	burn(0.2);
	sleep(1);
}

int main(int argc, char **argv)
{
	int ends[2];
	if (argc > 1) {
		hold_and_close();
		return 0;
	}
	if (pipe(ends))
		return 1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], WRITER);
		close(ends[0]);
		close(ends[1]);
		execl("/proc/self/exe", argv[0], "held", NULL);
		_exit(1);
	}
	close(ends[1]);
	char byte;
	ssize_t end = read(ends[0], &byte, 1);
	printf("end of file %d, while the writer lives %d\n", end == 0,
	       waitpid(child, NULL, WNOHANG) == 0);
	waitpid(child, NULL, 0);
	return 0;
}
