/* SPDX-License-Identifier: Apache-2.0 */
/* input.c -- a file, or the standard input, as bytes. */
#include "collector/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FIRST_SIZE = 256 << 10,
};

static int grow(uint8_t **bytes, size_t *room)
{
	size_t wanted = *room ? *room * 2 : FIRST_SIZE;
	uint8_t *bigger = realloc(*bytes, wanted);
	if (!bigger)
		return -ENOMEM;
	*bytes = bigger;
	*room = wanted;
	return 0;
}

static int read_all(int fd, size_t max, uint8_t **bytes, size_t *size)
{
	size_t room = 0;
	for (;;) {
		if (*size == room && grow(bytes, &room) < 0)
			return -ENOMEM;
		ssize_t got = read(fd, *bytes + *size, room - *size);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return 0;
		*size += got > 0 ? (size_t)got : 0;
		if (*size > max)
			return -EFBIG;
	}
}

int input_read(const char *path, size_t max, uint8_t **bytes, size_t *size)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*bytes = NULL;
	*size = 0;
	int error = read_all(fd, max, bytes, size);
	close(fd);
	if (error)
		free(*bytes);
	return error;
}
