/* SPDX-License-Identifier: Apache-2.0 */
/* procfile.c -- a search that keeps one chunk of the file and its own place in the key. */
#include "core/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "core/arch.h"

enum { CHUNK = 512, READS_MAX = 4096 }; /* a list of 65536 groups, whose chunks may be short */

struct search {
	const char *key;
	size_t matched; /* of key; it has no second line feed, so no other place to go on */
	int base;
	bool has_digits;
	uint64_t value;
};

static int digit_of(char c, int base)
{
	int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : base;
	return digit < base ? digit : -1;
}

/* True when the search is over. */
static bool look_at(struct search *search, char c)
{
	char next = search->key[search->matched];
	if (next) {
		search->matched = c == next ? search->matched + 1 : c == search->key[0];
		return false;
	}
	int digit = digit_of(c, search->base);
	if (digit < 0)
		return search->has_digits || (c != ' ' && c != '\t');
	search->has_digits = true;
	search->value = search->value * (unsigned)search->base + (unsigned)digit;
	return false;
}

static void search_file(struct search *search, long fd)
{
	char text[CHUNK] = {0};
	for (int i = 0; i < READS_MAX; i++) {
		long size = arch_syscall(SYS_read, fd, (long)text, sizeof(text), 0, 0);
		if (size == -EINTR)
			continue;
		if (size <= 0)
			return;
		for (long at = 0; at < size; at++)
			if (look_at(search, text[at]))
				return;
	}
}

bool procfile_number(const char *path, const char *key, int base, uint64_t *value)
{
	struct search search = {.key = key, .base = base};
	long fd = arch_syscall(SYS_open, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return false;
	search_file(&search, fd);
	arch_syscall(SYS_close, fd, 0, 0, 0, 0);
	*value = search.value;
	return search.has_digits;
}
