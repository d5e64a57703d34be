/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h -- the encoding of protocol buffers, read in place, one number and one field at a time.
 *
 * What google/pprof takes is taken, and what it refuses is refused: a number has at most ten
 * bytes and loses what is beyond 64 bits; groups are unknown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5,
};

enum {
	WIRE_VARINT_MAX = 10, /* bytes of one number */
};

/* What is left to read. */
struct wire {
	const uint8_t *at, *end;
};

struct wire_field {
	uint64_t number;
	enum wire_type type;
	uint64_t value;	  /* of a WIRE_VARINT, else 0 */
	struct wire body; /* of all others, else nothing */
};

/* What all reading consists of: inlined even where a compiler would rather not. */
#define WIRE_INLINE __attribute__((always_inline)) static inline

struct wire_number {
	const uint8_t *next; /* NULL: there is none */
	uint64_t value;
};

/* [any]    The number at the beginning of bytes: any that wire_varint reads. */
static inline struct wire_number wire_number(const uint8_t *at, const uint8_t *end)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < WIRE_VARINT_MAX && at < end; i++) {
		uint8_t byte = *at++;
		sum |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80)
			return (struct wire_number){at, sum};
	}
	return (struct wire_number){NULL, 0};
}

/* [any]    The next number. False when it is cut off or has more than ten bytes. */
WIRE_INLINE bool wire_varint(struct wire *w, uint64_t *value)
{
	if (w->at < w->end && *w->at < 0x80) {
		*value = *w->at++;
		return true;
	}
	if (w->end - w->at >= 2 && w->at[1] < 0x80) {
		*value = (*w->at & 0x7fU) | (uint64_t)w->at[1] << 7;
		w->at += 2;
		return true;
	}
	struct wire_number number = wire_number(w->at, w->end);
	if (!number.next)
		return false;
	w->at = number.next;
	*value = number.value;
	return true;
}

/* [any]    The next bytes, size of them. False when there are fewer. */
WIRE_INLINE bool wire_bytes(struct wire *w, uint64_t size, struct wire *body)
{
	if (size > (uint64_t)(w->end - w->at))
		return false;
	*body = (struct wire){w->at, w->at + size};
	w->at += size;
	return true;
}

/* [any]    The next field of a message. False when it is malformed. */
WIRE_INLINE bool wire_field(struct wire *w, struct wire_field *field)
{
	uint64_t key, size;
	if (!wire_varint(w, &key))
		return false;
	field->number = key >> 3;
	field->type = (enum wire_type)(key & 7);
	field->body = (struct wire){NULL, NULL};
	if (field->type == WIRE_VARINT)
		return wire_varint(w, &field->value);
	field->value = 0;
	if (field->type == WIRE_BYTES)
		return wire_varint(w, &size) && wire_bytes(w, size, &field->body);
	if (field->type == WIRE_FIXED64)
		return wire_bytes(w, 8, &field->body);
	return field->type == WIRE_FIXED32 && wire_bytes(w, 4, &field->body);
}

/* [any]    How many numbers end within a run of them; all do when the run is well-formed. */
static inline size_t wire_count(const struct wire *w)
{
	const uint64_t tops = 0x8080808080808080;
	const uint8_t *at = w->at;
	uint64_t word;
	size_t count = 0;
	for (; w->end - at >= (ptrdiff_t)sizeof(word); at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		count += ((~word & tops) >> 7) * 0x0101010101010101 >> 56;
	}
	for (; at < w->end; at++)
		count += *at < 0x80;
	return count;
}

/* [any]    Signed numbers as small ones: 0, -1, 1, -2... and back. */
static inline uint64_t wire_zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t wire_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}
