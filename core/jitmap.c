/* SPDX-License-Identifier: Apache-2.0 */
/* jitmap.c -- names for code made at run time, out of the file that JIT compilers write for perf.
 */
#include "core/jitmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a longer line the front part counts: two numbers and the longest name. */
enum { CHUNK = 64 << 10, LINE_MAX_SIZE = UNNAMED_NAME_MAX + 64 };

struct jitmap {
	struct unnamed *list;
	uint32_t *next;	  /* towards the first address from here on that has no name yet */
	size_t left;	  /* addresses without a name */
	bool is_complete; /* a newline was seen: what stands before it is a whole line */
	size_t tail;	  /* length of the line whose front the next chunk has */
	char buffer[CHUNK + LINE_MAX_SIZE + 1];
};

/* Follows the links and shortens them, so that a thousand lines over the same addresses cost no
 * more than one. count stands for "none". */
static size_t next_unnamed(struct jitmap *jit, size_t i)
{
	size_t end = i;

	while (jit->next[end] != end)
		end = jit->next[end];
	while (jit->next[i] != end) {
		size_t following = jit->next[i];
		jit->next[i] = (uint32_t)end;
		i = following;
	}
	return end;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A hexadecimal number and the blanks after it; false when it is none or does not fit. */
static bool number_take(const char **text, uint64_t *value)
{
	const char *at = *text;

	if (at[0] == '0' && (at[1] | 0x20) == 'x' && digit_of(at[2]) >= 0)
		at += 2;
	const char *first = at;
	*value = 0;
	for (int digit = digit_of(*at); digit >= 0; digit = digit_of(*++at)) {
		if (*value >> 60 != 0)
			return false;
		*value = *value << 4 | (uint64_t)digit;
	}
	if (at == first || *at != ' ')
		return false;
	*text = at + strspn(at, " ");
	return true;
}

/* line is NUL-terminated and may be cut there. */
static void line_match(struct jitmap *jit, char *line)
{
	const char *text = line;
	uint64_t start;
	uint64_t size;

	if (!number_take(&text, &start) || !number_take(&text, &size) || start + size < start)
		return;
	size_t len = strcspn(text, "\r");
	line[text - line + (ptrdiff_t)(len < UNNAMED_NAME_MAX ? len : UNNAMED_NAME_MAX - 1)] = '\0';
	if (len == 0)
		return;
	size_t i = next_unnamed(jit, unnamed_first_not_below(jit->list, start));
	while (i < jit->list->count && jit->list->addresses[i] - start < size) {
		unnamed_give(jit->list, i, text, "");
		jit->left--;
		jit->next[i] = (uint32_t)i + 1;
		i = next_unnamed(jit, i + 1);
	}
}

/* The len bytes of buffer end with the line whose end an earlier chunk saw. Takes the lines off the
 * end, and leaves at the front of buffer the one whose start is still to come. */
static void lines_match(struct jitmap *jit, size_t len)
{
	char *newline;

	while ((newline = memrchr(jit->buffer, '\n', len)) != NULL) {
		jit->buffer[len] = '\0';
		if (jit->is_complete)
			line_match(jit, newline + 1);
		jit->is_complete = true;
		len = (size_t)(newline - jit->buffer);
	}
	jit->tail = len < LINE_MAX_SIZE ? len : LINE_MAX_SIZE;
}

static void chunks_match(struct jitmap *jit, elf_reader *read, void *context, uint64_t size)
{
	uint64_t first = size > JITMAP_READ_MAX ? size - JITMAP_READ_MAX : 0;

	for (uint64_t at = size; at > first && jit->left != 0;) {
		size_t len = at - first < CHUNK ? (size_t)(at - first) : CHUNK;
		memmove(jit->buffer + len, jit->buffer, jit->tail);
		at -= len;
		if (!read(context, at, jit->buffer, len))
			return;
		lines_match(jit, len + jit->tail);
	}
	if (first != 0 || !jit->is_complete)
		return; /* the first line lost its front, or the only one its end */
	jit->buffer[jit->tail] = '\0';
	line_match(jit, jit->buffer);
}

void jitmap_match(elf_reader *read, void *context, uint64_t size, struct unnamed *list)
{
	struct jitmap *jit = calloc(1, sizeof(*jit));
	uint32_t *next = calloc(list->count + 1, sizeof(*next));

	if (jit != NULL && next != NULL) {
		jit->list = list;
		jit->next = next;
		jit->left = list->count;
		for (size_t i = 0; i <= list->count; i++)
			next[i] = (uint32_t)i;
		chunks_match(jit, read, context, size);
		unnamed_compact(list);
	}
	free(next);
	free(jit);
}

static bool file_read(void *context, uint64_t offset, void *to, size_t len)
{
	const int *fd = context;

	for (size_t done = 0; done < len;) {
		ssize_t n = pread(*fd, (char *)to + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

int jitmap_resolve(const char *path, struct unnamed *list)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int error = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) != 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode) || (status.st_uid != geteuid() && status.st_uid != 0))
		error = -EPERM;
	else
		jitmap_match(file_read, &fd, (uint64_t)status.st_size, list);
	close(fd);
	return error;
}
