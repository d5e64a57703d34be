/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.c -- bytes that are written one after the other, as protocol buffers want them. */
#include "collector/bytes.h"

#include "collector/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_ROOM = 4096,
};

bool bytes_reserve(struct bytes *b, size_t size)
{
	size_t wanted = b->room ? b->room : FIRST_ROOM;
	if (b->error)
		return false;
	if (size <= b->room - b->size)
		return true;
	if (size > SIZE_MAX / 2 - b->size || (b->max && b->size + size > b->max)) {
		b->error = -EFBIG;
		return false;
	}
	while (wanted - b->size < size)
		wanted *= 2;
	uint8_t *at = realloc(b->at, wanted);
	if (!at) {
		b->error = -ENOMEM;
		return false;
	}
	b->at = at;
	b->room = wanted;
	return true;
}

void bytes_put(struct bytes *b, const void *from, size_t size)
{
	if (!size || !bytes_reserve(b, size))
		return;
	memcpy(b->at + b->size, from, size);
	b->size += size;
}

void bytes_varint(struct bytes *b, uint64_t value)
{
	if ((b->error || b->room - b->size < WIRE_VARINT_MAX) && !bytes_reserve(b, WIRE_VARINT_MAX))
		return;
	for (; value >= 0x80; value >>= 7)
		b->at[b->size++] = (uint8_t)(value | 0x80);
	b->at[b->size++] = (uint8_t)value;
}

void bytes_number(struct bytes *b, unsigned field, uint64_t value)
{
	if (!value)
		return;
	bytes_varint(b, field << 3 | WIRE_VARINT);
	bytes_varint(b, value);
}

void bytes_field(struct bytes *b, unsigned field, const void *from, size_t size)
{
	bytes_varint(b, field << 3 | WIRE_BYTES);
	bytes_varint(b, size);
	bytes_put(b, from, size);
}

void bytes_clear(struct bytes *b)
{
	b->size = 0;
	b->error = 0;
}

void bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){0};
}
