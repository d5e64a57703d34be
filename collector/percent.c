/* SPDX-License-Identifier: Apache-2.0 */
/* percent.c -- %41 is A, as URLs and labels write it. */
#include "collector/percent.h"

#include <errno.h>
#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The character that %XX stands for; 0 when it is none that a text may have. */
static char decode_one(const char *text, size_t len)
{
	int high = len > 1 ? digit(text[1]) : -1;
	int low = len > 2 ? digit(text[2]) : -1;
	if (high < 0 || low < 0)
		return '\0';
	return (char)(high << 4 | low);
}

int percent_decode(char *out, const char *text, size_t len, bool plus)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c == '%') {
			c = decode_one(text + i, len - i);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return -EINVAL;
		*out++ = c;
	}
	*out = '\0';
	return 0;
}

size_t percent_encode(char *out, const char *text, const char *reserved)
{
	static const char digits[] = "0123456789ABCDEF";
	char *at = out;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= ' ' && c != '%' && c != 0x7f && !strchr(reserved, c)) {
			*at++ = *text;
			continue;
		}
		*at++ = '%';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	*at = '\0';
	return (size_t)(at - out);
}
