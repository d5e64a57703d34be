/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h -- bytes that are written one after the other, as protocol buffers want them.
 *
 * The first failure sticks: nothing after it has an effect, and whoever wants the bytes looks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *at; /* from malloc, the owner's */
	size_t size, room;
	size_t max; /* 0: no limit; more is a failure */
	int error;  /* 0, -EFBIG, -ENOMEM */
};

/* [any]    Makes room for size more bytes. False, and the error is set, when there is none. */
bool bytes_reserve(struct bytes *, size_t size);
/* [any]    Appends size bytes. */
void bytes_put(struct bytes *, const void *from, size_t size);
/* [any]    Appends a number as a varint. */
void bytes_varint(struct bytes *, uint64_t value);
/* [any]    Appends a field of a message: a number, left out when it is 0, or bytes. */
void bytes_number(struct bytes *, unsigned field, uint64_t value);
void bytes_field(struct bytes *, unsigned field, const void *from, size_t size);
/* [any]    Forgets the bytes and keeps the room. */
void bytes_clear(struct bytes *);
/* [any]    Frees the bytes. */
void bytes_free(struct bytes *);
