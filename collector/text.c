/* SPDX-License-Identifier: Apache-2.0 */
/* text.c -- a text that grows at its end, and how JSON writes strings. */
#include "collector/text.h"

#include "encoder/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM_FIRST = 256,
};

/* Room for len more bytes and a NUL. */
static bool make_room(struct text *text, size_t len)
{
	size_t room = text->room ? text->room : ROOM_FIRST;
	if (text->max && text->len + len > text->max)
		text->failed = text->is_full = true;
	if (text->failed)
		return false;
	while (room < text->len + len + 1)
		room *= 2;
	if (room == text->room && text->at)
		return true;
	char *at = realloc(text->at, room);
	if (!at) {
		text->failed = true;
		return false;
	}
	text->at = at;
	text->room = room;
	return true;
}

void text_append(struct text *text, const char *bytes, size_t len)
{
	if (!make_room(text, len))
		return;
	memcpy(text->at + text->len, bytes, len);
	text->len += len;
	text->at[text->len] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int len = vsnprintf(NULL, 0, format, arguments);
	if (len >= 0 && make_room(text, (size_t)len)) {
		vsnprintf(text->at + text->len, (size_t)len + 1, format, again);
		text->len += (size_t)len;
	}
	va_end(again);
	va_end(arguments);
}

static void json_character(struct text *text, const uint8_t *bytes, size_t size, int32_t character)
{
	if (character == UTF8_BAD)
		text_append(text, "\xef\xbf\xbd", 3);
	else if (character == '"' || character == '\\')
		text_printf(text, "\\%c", (char)character);
	else if (character < ' ')
		text_printf(text, "\\u%04x", (unsigned)character);
	else
		text_append(text, (const char *)bytes, size);
}

void text_number(struct text *text, int64_t number)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (number < 0)
		digits[--at] = '-';
	text_append(text, digits + at, sizeof digits - at);
}

void text_json_bytes(struct text *text, const void *from, size_t left)
{
	const uint8_t *bytes = from;
	text_append(text, "\"", 1);
	while (left) {
		size_t size;
		int32_t character = utf8_next(bytes, left, &size);
		json_character(text, bytes, size, character);
		bytes += size;
		left -= size;
	}
	text_append(text, "\"", 1);
}

void text_json(struct text *text, const char *string)
{
	text_json_bytes(text, string, strlen(string));
}

void text_trim(const char **text, size_t *len)
{
	while (*len && strchr(" \t\r\n\v\f", **text)) {
		++*text;
		--*len;
	}
	while (*len && strchr(" \t\r\n\v\f", (*text)[*len - 1]))
		--*len;
}

char *text_take(struct text *text, size_t *len)
{
	text_append(text, "", 0);
	char *at = text->failed ? NULL : text->at;
	*len = text->len;
	if (!at)
		free(text->at);
	memset(text, 0, sizeof *text);
	return at;
}

void text_clear(struct text *text)
{
	free(text->at);
	memset(text, 0, sizeof *text);
}
