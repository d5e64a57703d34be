/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_read.c -- a dictionary as a file that is only ever appended to: reading, whoever wrote
 * it. */
#include "collector/dictionary_bytes.h"

#include "collector/dictionary_format.h"
#include "collector/wire.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* The state of one piece. The first complaint is the one that is told. */
struct reader {
	struct dictionary *dictionary;
	struct wire wire;
	uint32_t new_rows[DICTIONARY_KINDS];
	char *text;
	int error;
};

static bool complain(struct reader *r, int error, const char *why)
{
	if (!r->error) {
		r->error = error;
		snprintf(r->text, DICTIONARY_ERROR_SIZE, "%s", why);
	}
	return false;
}

static bool malformed(struct reader *r)
{
	return complain(r, -EBADMSG, "a piece of a dictionary is malformed");
}

/* A row has to be the next one: one that is there already was never written. */
static bool check_new(struct reader *r, uint32_t row, uint32_t expected)
{
	if (row == DICTIONARY_NONE && dictionary_is_full(r->dictionary))
		return complain(r, -ENOSPC, "a dictionary needs more memory than it may have");
	if (row == DICTIONARY_NONE)
		return complain(r, -ENOMEM, "out of memory");
	return row == expected || malformed(r);
}

static bool read_counts(struct reader *r)
{
	uint64_t from, count;
	for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++) {
		if (!wire_varint(&r->wire, &from) || !wire_varint(&r->wire, &count))
			return malformed(r);
		if (from != dictionary_count(r->dictionary, kind))
			return complain(r, -EBADMSG,
					"a piece of a dictionary is missing or doubled");
		/* Each row takes at least a byte. */
		if (count > (uint64_t)(r->wire.end - r->wire.at))
			return malformed(r);
		r->new_rows[kind] = (uint32_t)count;
	}
	return true;
}

static bool read_texts(struct reader *r)
{
	uint32_t count = r->new_rows[DICTIONARY_TEXTS];
	struct wire sizes = r->wire, text;
	uint64_t size;
	for (uint32_t i = 0; i < count; i++)
		if (!wire_varint(&r->wire, &size))
			return malformed(r);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t next = dictionary_count(r->dictionary, DICTIONARY_TEXTS);
		if (!wire_varint(&sizes, &size) || !wire_bytes(&r->wire, size, &text))
			return malformed(r);
		if (!check_new(r, dictionary_text(r->dictionary, text.at, size), next))
			return false;
	}
	return true;
}

/* ---- the other kinds: all columns of a kind at once ---------------------------------------------
 */

struct columns {
	enum dictionary_kind kind;
	const struct dictionary_field *fields;
	struct wire at[DICTIONARY_FIELDS_MAX]; /* the next value of each column */
	uint64_t last[DICTIONARY_FIELDS_MAX];
};

static bool find_columns(struct reader *r, struct columns *c)
{
	uint64_t value;
	for (size_t i = 0; c->fields[i].size; i++) {
		c->at[i] = r->wire;
		for (uint32_t k = 0; k < r->new_rows[c->kind]; k++)
			if (!wire_varint(&r->wire, &value))
				return malformed(r);
	}
	return true;
}

/* Whether a field may have the value, in the row of this number. */
static bool is_valid(const struct reader *r, const struct dictionary_field *f, uint64_t value,
		     uint32_t row)
{
	if (f->coding == DICTIONARY_BACK)
		return value < row;
	if (f->refers != DICTIONARY_KINDS)
		return value < dictionary_count(r->dictionary, f->refers);
	return f->size == sizeof(uint64_t) || value <= UINT32_MAX;
}

static bool read_field(struct reader *r, struct columns *c, size_t i, uint32_t number, void *row)
{
	const struct dictionary_field *f = &c->fields[i];
	uint64_t value;
	if (!wire_varint(&c->at[i], &value))
		return malformed(r);
	if (f->coding == DICTIONARY_CHANGE)
		value = c->last[i] + (uint64_t)wire_unzigzag(value);
	else if (f->coding == DICTIONARY_BACK)
		value = value ? number - value : 0;
	if (!is_valid(r, f, value, number))
		return malformed(r);
	c->last[i] = value;
	dictionary_field_set(f, row, value);
	return true;
}

static bool read_rows(struct reader *r, enum dictionary_kind kind)
{
	struct columns c = {.kind = kind, .fields = dictionary_fields[kind]};
	if (!find_columns(r, &c))
		return false;
	for (uint32_t k = 0; k < r->new_rows[kind]; k++) {
		union {
			struct dictionary_function function;
			struct dictionary_mapping mapping;
			struct dictionary_line line;
			struct dictionary_location location;
			struct dictionary_stack stack;
			struct dictionary_label label;
		} row;
		uint32_t next = dictionary_count(r->dictionary, kind);
		memset(&row, 0, sizeof(row));
		for (size_t i = 0; c.fields[i].size; i++)
			if (!read_field(r, &c, i, next, &row))
				return false;
		/* Row 0 is none: no other may be all zeros. */
		if (!memcmp(&row, table_at(&r->dictionary->tables[kind], 0),
			    r->dictionary->tables[kind].row_size))
			return malformed(r);
		if (!check_new(r, dictionary_add(r->dictionary, kind, &row), next))
			return false;
	}
	return true;
}

static bool read_body(struct reader *r)
{
	if (!read_counts(r) || !read_texts(r))
		return false;
	for (enum dictionary_kind kind = DICTIONARY_TEXTS + 1; kind < DICTIONARY_KINDS; kind++)
		if (!read_rows(r, kind))
			return false;
	return r->wire.at == r->wire.end || malformed(r);
}

/* ---- pieces -------------------------------------------------------------------------------------
 */

static size_t word_at(const uint8_t *at)
{
	return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

static bool read_compressed(struct reader *r, struct wire packed, size_t size)
{
	uint8_t *body = size <= DICTIONARY_PIECE_MAX ? malloc(size + 1) : NULL;
	if (!body)
		return size > DICTIONARY_PIECE_MAX ? malformed(r)
						   : complain(r, -ENOMEM, "out of memory");
	size_t got = ZSTD_decompress(body, size, packed.at, (size_t)(packed.end - packed.at));
	r->wire = (struct wire){body, body + size};
	bool good = !ZSTD_isError(got) && got == size ? read_body(r) : malformed(r);
	free(body);
	return good;
}

/* The piece at the beginning of bytes; *size is its own. */
static bool read_piece(struct reader *r, const uint8_t *bytes, size_t left, size_t *size)
{
	size_t magic = left < sizeof(dictionary_magic) ? left : sizeof(dictionary_magic);
	if (memcmp(bytes, dictionary_magic, magic) != 0)
		return complain(r, -EBADMSG,
				"not a piece of a dictionary of a version that is known");
	if (left < DICTIONARY_HEAD_SIZE || word_at(bytes + 8) > left - DICTIONARY_HEAD_SIZE)
		return complain(r, -ENODATA, "the last piece of a dictionary is cut off");
	size_t packed = word_at(bytes + 8), plain = word_at(bytes + 12);
	if (libdeflate_crc32(0, bytes + 8, DICTIONARY_HEAD_SIZE - 8 + packed) != word_at(bytes + 4))
		return complain(r, -EBADMSG, "a piece of a dictionary has a wrong checksum");
	*size = DICTIONARY_HEAD_SIZE + packed;
	r->wire = (struct wire){bytes + DICTIONARY_HEAD_SIZE, bytes + *size};
	return packed == plain ? read_body(r) : read_compressed(r, r->wire, plain);
}

int dictionary_load(struct dictionary *d, struct dictionary_mark *mark, const struct bytes *from,
		    size_t *used, char error[DICTIONARY_ERROR_SIZE])
{
	size_t size = 0;
	for (*used = 0; *used < from->size; *used += size) {
		struct reader r = {.dictionary = d, .text = error};
		if (!read_piece(&r, from->at + *used, from->size - *used, &size))
			return r.error;
		for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++)
			mark->counts[kind] = dictionary_count(d, kind);
	}
	return 0;
}
