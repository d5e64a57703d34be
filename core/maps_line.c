/* SPDX-License-Identifier: Apache-2.0 */
/* maps_line.c -- "START-LIMIT PERMISSIONS OFFSET MAJOR:MINOR INODE     PATH". */
#include "core/maps_line.h"

#include <string.h>

struct cursor {
	const char *at;
	const char *end;
};

static int digit_value(char c, unsigned radix)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return radix == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_number(struct cursor *c, unsigned radix, uint64_t *number)
{
	const char *first = c->at;
	int digit;

	*number = 0;
	while (c->at < c->end && (digit = digit_value(*c->at, radix)) >= 0) {
		if (*number > (UINT64_MAX - (unsigned)digit) / radix)
			return false;
		*number = *number * radix + (unsigned)digit;
		c->at++;
	}
	return c->at > first;
}

static bool take_char(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool take_permissions(struct cursor *c, bool *is_executable)
{
	if (c->end - c->at < 4)
		return false;
	*is_executable = c->at[2] == 'x';
	c->at += 4;
	return true;
}

bool maps_line_parse(struct maps_line *line, const char *text, size_t len)
{
	struct cursor c = {text, text + len};
	uint64_t major;
	uint64_t minor;

	if (!take_number(&c, 16, &line->start) || !take_char(&c, '-') ||
	    !take_number(&c, 16, &line->limit) || !take_char(&c, ' ') ||
	    !take_permissions(&c, &line->is_executable) || !take_char(&c, ' ') ||
	    !take_number(&c, 16, &line->offset) || !take_char(&c, ' ') ||
	    !take_number(&c, 16, &major) || !take_char(&c, ':') || !take_number(&c, 16, &minor) ||
	    !take_char(&c, ' ') || !take_number(&c, 10, &line->inode))
		return false;
	while (take_char(&c, ' '))
		;
	line->device = major << 32 | (minor & UINT32_MAX);
	line->path = c.at;
	line->path_size = (size_t)(c.end - c.at);
	return !memchr(line->path, 0, line->path_size);
}
