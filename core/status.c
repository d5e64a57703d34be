/* SPDX-License-Identifier: Apache-2.0 */
/* status.c -- the lines of a thread's status file. */
#include "core/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The longest such file is a list of 65536 groups and 2 KiB of others. */
enum { CHUNK = 1024, READ_MAX = 1 << 20 };

static void append(struct status *status, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && status->size < STATUS_SIZE - 1; i++) {
		if (bytes[i] == '\n')
			status->column = 0;
		else if (status->column++ >= STATUS_COLUMNS)
			continue;
		status->text[status->size++] = bytes[i];
	}
}

bool status_read(struct status *status, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char bytes[CHUNK];

	status->size = status->column = 0;
	for (size_t done = 0; fd >= 0 && done < READ_MAX;) {
		ssize_t len = read(fd, bytes, sizeof(bytes));

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		append(status, bytes, (size_t)len);
		done += (size_t)len;
	}
	if (fd >= 0)
		close(fd);
	status->text[status->size] = '\0';
	return status->size > 0;
}

bool status_is_same(const struct status *a, const struct status *b, const char *key)
{
	const char *x = strstr(a->text, key), *y = strstr(b->text, key);

	if (!x || !y)
		return true;
	size_t len = strcspn(x + 1, "\n") + 1;
	return !strncmp(x, y, len) && (y[len] == '\n' || !y[len]);
}

bool status_is_dead(const struct status *status)
{
	const char *state = strstr(status->text, "\nState:\t");

	return state && (state[8] == 'Z' || state[8] == 'X');
}
