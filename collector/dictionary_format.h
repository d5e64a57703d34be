/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_format.h -- what the writer and the reader of a dictionary's pieces agree on; for
 * these two alone.
 *
 *     magic, u32 CRC-32 of all that follows in the piece, u32 size of the body as it lies here, u32
 *     its size once it is plain, all little-endian; if both are equal it is plain, else zstd
 *
 * The body, in varints: for each kind the rows before and the rows here; then each kind: for texts
 * their sizes, then their bytes; for others each field's column.
 */
#pragma once

#include "collector/dictionary.h"

enum {
	DICTIONARY_HEAD_SIZE = 16,
	DICTIONARY_FIELDS_MAX = 5,
};

enum dictionary_coding {
	DICTIONARY_PLAIN,  /* as it is */
	DICTIONARY_CHANGE, /* less that of the row before, zigzag */
	DICTIONARY_BACK,   /* rows back from its own row, for a row of its own kind; 0: none */
};

struct dictionary_field {
	uint8_t offset, size; /* size 0: no more fields */
	enum dictionary_coding coding;
	enum dictionary_kind refers; /* DICTIONARY_KINDS: to nothing */
};

extern const uint8_t dictionary_magic[4];
/* The fields of each kind, but texts; what is not here is always the same. */
extern const struct dictionary_field dictionary_fields[DICTIONARY_KINDS][DICTIONARY_FIELDS_MAX + 1];

/* [any]    The value of a field in a row, and the same set. */
uint64_t dictionary_field_get(const struct dictionary_field *, const void *row);
void dictionary_field_set(const struct dictionary_field *, void *row, uint64_t value);
