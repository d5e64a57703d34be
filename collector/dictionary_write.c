/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_write.c -- a dictionary as a file that is only ever appended to: writing. */
#include "collector/dictionary_bytes.h"

#include "collector/dictionary_format.h"
#include "collector/wire.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>
#include <zstd.h>

enum {
	LEVEL = 3,
};

struct span { /* the rows of one kind that are to be written */
	uint32_t from, to;
};

static void put_texts(struct bytes *b, const struct dictionary *d, struct span span)
{
	for (uint32_t i = span.from; i < span.to; i++)
		bytes_varint(b, dictionary_text_at(d, i)->size);
	for (uint32_t i = span.from; i < span.to; i++) {
		const struct dictionary_text *text = dictionary_text_at(d, i);
		bytes_put(b, text->bytes, text->size);
	}
}

static void put_column(struct bytes *b, const struct table *t, const struct dictionary_field *field,
		       struct span span)
{
	uint64_t last = 0;
	for (uint32_t i = span.from; i < span.to; i++) {
		uint64_t value = dictionary_field_get(field, table_at(t, i)), coded = value;
		if (field->coding == DICTIONARY_CHANGE)
			coded = wire_zigzag((int64_t)(value - last));
		else if (field->coding == DICTIONARY_BACK)
			coded = value ? i - value : 0;
		bytes_varint(b, coded);
		last = value;
	}
}

static void put_body(struct bytes *b, const struct dictionary *d, const struct span *spans)
{
	for (size_t kind = 0; kind < DICTIONARY_KINDS; kind++) {
		bytes_varint(b, spans[kind].from);
		bytes_varint(b, spans[kind].to - spans[kind].from);
	}
	put_texts(b, d, spans[DICTIONARY_TEXTS]);
	for (size_t kind = 0; kind < DICTIONARY_KINDS; kind++)
		for (const struct dictionary_field *f = dictionary_fields[kind]; f->size; f++)
			put_column(b, &d->tables[kind], f, spans[kind]);
}

static void put_word(uint8_t *at, size_t word)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(word >> (8 * i));
}

static void put_piece(struct bytes *to, const struct bytes *body)
{
	size_t most = ZSTD_compressBound(body->size);
	if (!bytes_reserve(to, DICTIONARY_HEAD_SIZE + most))
		return;
	uint8_t *head = to->at + to->size, *at = head + DICTIONARY_HEAD_SIZE;
	size_t size = ZSTD_compress(at, most, body->at, body->size, LEVEL);
	if (ZSTD_isError(size) || size >= body->size) {
		size = body->size;
		memcpy(at, body->at, size);
	}
	memcpy(head, dictionary_magic, sizeof(dictionary_magic));
	put_word(head + 8, size);
	put_word(head + 12, body->size);
	put_word(head + 4, libdeflate_crc32(0, head + 8, DICTIONARY_HEAD_SIZE - 8 + size));
	to->size += DICTIONARY_HEAD_SIZE + size;
}

int dictionary_take(const struct dictionary *d, struct dictionary_mark *mark, struct bytes *to)
{
	struct span spans[DICTIONARY_KINDS];
	struct bytes body = {.max = DICTIONARY_PIECE_MAX};
	bool is_new = false;
	for (enum dictionary_kind kind = 0; kind < DICTIONARY_KINDS; kind++) {
		uint32_t from = mark->counts[kind] ? mark->counts[kind] : 1;
		spans[kind] = (struct span){from, dictionary_count(d, kind)};
		is_new |= spans[kind].to > from;
	}
	if (!is_new || to->error)
		return to->error;
	put_body(&body, d, spans);
	to->error = body.error;
	if (!to->error)
		put_piece(to, &body);
	bytes_free(&body);
	for (size_t kind = 0; kind < DICTIONARY_KINDS && !to->error; kind++)
		mark->counts[kind] = spans[kind].to;
	return to->error;
}
