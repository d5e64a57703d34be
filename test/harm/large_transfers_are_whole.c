/* SPDX-License-Identifier: Apache-2.0 */
/* large_transfers_are_whole.c -- a write of megabytes into a pipe with a slow reader returns when
 * all is written, and a read that waits for all of a message has it all.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { SIZE = 8 << 20, TIMES = 3 };

static char data[SIZE];

static void read_slowly(int fd)
{
	static char part[65536];
	while (read(fd, part, sizeof part) > 0)
		usleep(500);
	_exit(0);
}

static pid_t begin_reader(int ends[2])
{
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		read_slowly(ends[0]);
	}
	close(ends[0]);
	return child;
}

static void show(const char *what, ssize_t result)
{
	printf("%s: %zd of %d, %s\n", what, result, SIZE,
	       result == -1 ? strerrorname_np(errno) : "no error");
}

static void write_all(int fd)
{
	struct iovec halves[2] = {{data, SIZE / 2}, {data + SIZE / 2, SIZE / 2}};
	for (int i = 0; i < TIMES; i++) {
		burn(0.002);
		show("write", write(fd, data, SIZE));
	}
	show("writev", writev(fd, halves, 2));
}

static void receive_all(void)
{
	int ends[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		for (int sent = 0; sent < SIZE; sent += 65536) {
			usleep(500);
			expect(send(ends[1], data + sent, 65536, 0) == 65536, "sent");
		}
		_exit(0);
	}
	close(ends[1]);
	show("recv", recv(ends[0], data, SIZE, MSG_WAITALL));
	waitpid(child, NULL, 0);
}

int main(void)
{
	int ends[2];
	burn(0.15);
	if (pipe(ends))
		return 1;
	pid_t reader = begin_reader(ends);
	write_all(ends[1]);
	close(ends[1]);
	waitpid(reader, NULL, 0);
	receive_all();
	return 0;
}
