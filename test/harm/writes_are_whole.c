/* SPDX-License-Identifier: Apache-2.0 */
/* writes_are_whole.c -- blocking calls that move much move all of it, however slow the other side.
 *
 * SA_RESTART is of no help once the first bytes have been moved.
 *
 * harm: signals
 * level: P0
 * naive: wall
 */
#include "life.h"
#include <sys/socket.h>
#include <sys/uio.h>

enum { SIZE = 4 << 20, STEP = 64 << 10, ROUNDS = 3 };

static char *data;

static long by_write(int fd)
{
	return write(fd, data, SIZE);
}

static long by_writev(int fd)
{
	struct iovec parts[2] = {{data, SIZE / 2}, {data + SIZE / 2, SIZE / 2}};
	return writev(fd, parts, 2);
}

static long by_sending(int fd)
{
	return send(fd, data, SIZE, 0);
}

static long by_message(int fd)
{
	struct iovec part = {data, SIZE};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	return sendmsg(fd, &message, 0);
}

static long by_receiving(int fd)
{
	return recv(fd, data, SIZE, MSG_WAITALL);
}

static void read_slowly(int fd)
{
	static char room[STEP];
	while (read(fd, room, sizeof room) > 0)
		usleep(500);
	_exit(0);
}

static void write_slowly(int fd)
{
	static char room[STEP];
	for (int i = 0; i < ROUNDS * SIZE / STEP; i++) {
		if (write(fd, room, sizeof room) < 0)
			_exit(1);
		usleep(500);
	}
	_exit(0);
}

static const struct {
	const char *name;
	int type; /* of the socket, or a pipe */
	void (*other_side)(int fd);
	long (*move)(int fd);
} calls[] = {
	{"write to a pipe", 0, read_slowly, by_write},
	{"writev to a pipe", 0, read_slowly, by_writev},
	{"send", SOCK_STREAM, read_slowly, by_sending},
	{"sendmsg", SOCK_STREAM, read_slowly, by_message},
	{"recv of all", SOCK_STREAM, write_slowly, by_receiving},
};

static void move_much(int which)
{
	int ends[2], whole = 0;
	if (calls[which].type)
		socketpair(AF_UNIX, calls[which].type, 0, ends);
	else if (pipe(ends))
		perror("pipe");
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		calls[which].other_side(ends[0]);
	}
	close(ends[0]);
	for (int round = 0; round < ROUNDS; round++) {
		burn(0.02);
		whole += calls[which].move(ends[1]) == SIZE;
	}
	close(ends[1]);
	printf("%s: %d of %d whole\n", calls[which].name, whole, ROUNDS);
	print_ending("other side", wait_at_most(child, 20));
}

/* The worker lives from the third call on. */
int main(void)
{
	data = calloc(1, SIZE);
	for (int i = 0; i < (int)(sizeof calls / sizeof *calls); i++)
		move_much(i);
	return 0;
}
