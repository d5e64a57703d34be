/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c -- bytes of any origin become text that every reader takes. */
#include "encoder/utf8.h"

#include <stdbool.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

struct form { /* of a character, by its first byte */
	size_t size;
	uint8_t second_least, second_most;
};

/* Table 3-7 of the Unicode standard. Only the second byte's range depends on the first. */
static struct form form_of(uint8_t first)
{
	if (first < 0x80)
		return (struct form){1, 0, 0};
	if (first < 0xc2 || first > 0xf4)
		return (struct form){0, 0, 0};
	if (first < 0xe0)
		return (struct form){2, 0x80, 0xbf};
	if (first < 0xf0)
		return (struct form){3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf};
	return (struct form){4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf};
}

int32_t utf8_next(const uint8_t *bytes, size_t len, size_t *size)
{
	struct form form = form_of(bytes[0]);
	*size = 1;
	if (form.size <= 1)
		return form.size ? bytes[0] : UTF8_BAD;
	int32_t character = bytes[0] & (0x7f >> form.size);
	uint8_t least = form.second_least, most = form.second_most;
	for (; *size < form.size; ++*size) {
		if (*size == len || bytes[*size] < least || bytes[*size] > most)
			return UTF8_BAD;
		character = character << 6 | (bytes[*size] & 0x3f);
		least = 0x80;
		most = 0xbf;
	}
	return character;
}

/* C0, DEL and C1, and what is no character at all. */
static bool is_unfit(int32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

size_t utf8_clean(char *out, size_t size, const char *bytes, size_t len)
{
	size_t used = 0, step;
	for (size_t at = 0; at < len; at += step) {
		const char *from = bytes + at;
		int32_t character = utf8_next((const uint8_t *)from, len - at, &step);
		size_t room = step;
		if (is_unfit(character)) {
			from = replacement;
			room = sizeof(replacement) - 1;
		}
		if (used + room >= size)
			break;
		memcpy(out + used, from, room);
		used += room;
	}
	out[used] = '\0';
	return used;
}
