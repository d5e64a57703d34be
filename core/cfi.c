/* SPDX-License-Identifier: Apache-2.0 */
/* cfi.c -- a search in .eh_frame_hdr or in what a scan found, then copies of the two entries it
 * leads to. */
#include "core/cfi.h"

#include "core/cfi_check.h"
#include "core/cfi_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DESCRIPTION_SIZE_MAX = 64 << 10,
	COMMON_SIZE_MAX = 1 << 10,
	KEPT_COUNT_MAX = 512,
	KEPT_BYTES_MAX = 64 << 10,
	ROW_SIZE = 8, /* of the search table: two signed 32-bit numbers */
	TABLE_VERSION = 1,
	ENCODING_UDATA4 = 0x03,
	ENCODING_TABLE = 0x3b, /* relative to the table, signed 32-bit */
};

struct kept {
	uint64_t address;
	uint32_t size;
	uint32_t offset; /* in kept_bytes */
};

struct cfi {
	struct maps *maps;
	struct cfi_scan *scan;
	struct cfi_bytes common;
	struct cfi_bytes description;
	struct cfi_common meaning; /* of common */
	size_t kept_count;
	size_t kept_used;
	struct kept kept[KEPT_COUNT_MAX]; /* ascending */
	uint8_t kept_bytes[KEPT_BYTES_MAX];
	uint8_t common_bytes[COMMON_SIZE_MAX];
	uint8_t description_bytes[DESCRIPTION_SIZE_MAX];
};

struct search { /* a table's rows, ascending by the function's start */
	uint64_t base;
	uint64_t rows;
	uint64_t count;
};

struct cfi *cfi_create(struct maps *maps)
{
	struct cfi *cfi = calloc(1, sizeof(*cfi));

	if (!cfi)
		return NULL;
	cfi->maps = maps;
	cfi->scan = cfi_scan_create(maps);
	if (cfi->scan)
		return cfi;
	free(cfi);
	return NULL;
}

void cfi_destroy(struct cfi *cfi)
{
	if (!cfi)
		return;
	cfi_scan_destroy(cfi->scan);
	free(cfi);
}

void cfi_flush(struct cfi *cfi)
{
	cfi_scan_flush(cfi->scan);
	cfi->common.size = 0;
	cfi->description.size = 0;
	cfi->kept_count = 0;
	cfi->kept_used = 0;
}

/* Only the form of table that every linker writes is searched. */
static bool search_begin(struct cfi *cfi, const struct mapping *mapping, struct search *search)
{
	uint8_t head[4]; /* version, and the encodings of pointer, count and rows */
	uint64_t at = sizeof(head);
	uint32_t count;

	if (!maps_read(cfi->maps, mapping->table, head, sizeof(head)))
		return false;
	if (head[0] != TABLE_VERSION || head[2] != ENCODING_UDATA4 || head[3] != ENCODING_TABLE)
		return false;
	/* Formats 0, 4 and 12 of the pointer to .eh_frame have eight bytes, 3 and 11 have four. */
	at += (head[1] & 3) == 3 ? 4 : 8;
	if (mapping->table_size < at + sizeof(count) ||
	    !maps_read(cfi->maps, mapping->table + at, &count, sizeof(count)))
		return false;
	at += sizeof(count);
	*search = (struct search){mapping->table, mapping->table + at, count};
	return count && count <= (mapping->table_size - at) / ROW_SIZE;
}

static bool search_row(struct cfi *cfi, const struct search *search, uint64_t address,
		       struct cfi_row *row)
{
	int64_t wanted = (int64_t)(address - search->base);
	uint64_t low = 0;
	uint64_t high = search->count;
	int32_t found[2];

	/* Below low every function starts at or before address, from high on behind it. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int32_t start;

		if (!maps_read(cfi->maps, search->rows + middle * ROW_SIZE, &start, sizeof(start)))
			return false;
		if (start <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low ||
	    !maps_read(cfi->maps, search->rows + (low - 1) * ROW_SIZE, found, sizeof(found)))
		return false;
	row->start = found[0];
	row->fde = found[1];
	row->base = search->base;
	return true;
}

/* An image that was scanned is smaller than 2 GiB, so that its distances fit. */
static bool scan_row(struct cfi *cfi, const struct mapping *mapping, uint64_t address,
		     struct cfi_row *row)
{
	uint64_t start;
	uint64_t fde;

	if (!mapping->frames || !cfi_scan_find(cfi->scan, mapping, address, &start, &fde))
		return false;
	row->base = mapping->image;
	row->start = (int32_t)(start - mapping->image);
	row->fde = (int32_t)(fde - mapping->image);
	return true;
}

static bool find_row(struct cfi *cfi, const struct mapping *mapping, uint64_t address,
		     struct cfi_row *row)
{
	struct search search;

	if (!mapping->table)
		return scan_row(cfi, mapping, address, row);
	return search_begin(cfi, mapping, &search) && search_row(cfi, &search, address, row);
}

/* Copies the entry of .eh_frame at address. The 64-bit form, which no compiler writes, and the
 * terminator are refused by its length. */
static bool copy_entry(struct cfi *cfi, const struct mapping *mapping, struct cfi_bytes *entry,
		       uint8_t *to, size_t most)
{
	uint64_t address = entry->address;
	uint32_t len;

	entry->size = 0;
	if (address < mapping->image || address >= mapping->image_limit ||
	    !maps_read(cfi->maps, address, &len, sizeof(len)))
		return false;
	if (len < sizeof(uint32_t) || len > most - sizeof(len) ||
	    !maps_read(cfi->maps, address, to, sizeof(len) + len))
		return false;
	/* The second reading counts; should it differ from the first, its length is another. */
	if (memcmp(to, &len, sizeof(len)) != 0)
		return false;
	entry->size = sizeof(len) + len;
	entry->bytes = to;
	return true;
}

static bool find_common(struct cfi *cfi, const struct mapping *mapping)
{
	uint32_t back;
	uint64_t address;

	memcpy(&back, cfi->description_bytes + 4, sizeof(back));
	address = cfi->description.address + 4 - (uint64_t)(int64_t)(int32_t)back;
	if (!back)
		return false;
	/* A whole object shares a few of these, so the last one is mostly the next one. */
	if (cfi->common.size && cfi->common.address == address)
		return true;
	cfi->common.address = address;
	if (!copy_entry(cfi, mapping, &cfi->common, cfi->common_bytes, COMMON_SIZE_MAX))
		return false;
	if (cfi_check_common(&cfi->common, &cfi->meaning))
		return true;
	cfi->common.size = 0;
	return false;
}

static size_t kept_below(const struct cfi *cfi, uint64_t address)
{
	size_t low = 0;
	size_t high = cfi->kept_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cfi->kept[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void forget_kept(struct cfi *cfi, struct cfi_row *row)
{
	cfi->kept_count = 0;
	cfi->kept_used = 0;
	row->has_forgotten = true;
}

static bool is_kept_as(const struct cfi *cfi, const struct kept *kept,
		       const struct cfi_bytes *entry)
{
	return kept->address == entry->address && kept->size == entry->size &&
	       !memcmp(cfi->kept_bytes + kept->offset, entry->bytes, entry->size);
}

/* What is kept must not say otherwise than what was found now, else libunwind would see a mixture
 * that was never vetted: memory has changed without a change of the mappings. */
static void agree(struct cfi *cfi, const struct cfi_bytes *entry, struct cfi_row *row)
{
	size_t above = kept_below(cfi, entry->address + entry->size - 1);

	if (above) {
		const struct kept *last = &cfi->kept[above - 1];

		if (last->address + last->size > entry->address && !is_kept_as(cfi, last, entry))
			forget_kept(cfi, row);
	}
}

/* Room for what is kept is given back all at once, when it has run out. */
static void keep(struct cfi *cfi, const struct cfi_bytes *entry, struct cfi_row *row)
{
	size_t at = kept_below(cfi, entry->address);

	if (at && cfi->kept[at - 1].address == entry->address)
		return;
	if (cfi->kept_count == KEPT_COUNT_MAX || entry->size > KEPT_BYTES_MAX - cfi->kept_used) {
		forget_kept(cfi, row);
		at = 0;
	}
	memmove(cfi->kept + at + 1, cfi->kept + at, (cfi->kept_count - at) * sizeof(*cfi->kept));
	cfi->kept[at] =
		(struct kept){entry->address, (uint32_t)entry->size, (uint32_t)cfi->kept_used};
	memcpy(cfi->kept_bytes + cfi->kept_used, entry->bytes, entry->size);
	cfi->kept_used += entry->size;
	cfi->kept_count++;
}

/* Common first: when the second runs out of room, the first must be kept again. */
static void keep_expressions(struct cfi *cfi, bool of_description, struct cfi_row *row)
{
	agree(cfi, &cfi->common, row);
	agree(cfi, &cfi->description, row);
	if (cfi->meaning.has_expression)
		keep(cfi, &cfi->common, row);
	if (of_description)
		keep(cfi, &cfi->description, row);
	if (cfi->meaning.has_expression)
		keep(cfi, &cfi->common, row);
}

static int check(struct cfi *cfi, const struct mapping *mapping, uint64_t address,
		 struct cfi_row *row)
{
	struct cfi_description description;

	cfi->description.address = row->base + (uint64_t)(int64_t)row->fde;
	if (!copy_entry(cfi, mapping, &cfi->description, cfi->description_bytes,
			DESCRIPTION_SIZE_MAX) ||
	    !find_common(cfi, mapping) ||
	    !cfi_check_description(&cfi->description, &cfi->meaning, &description))
		return -EBADMSG;
	if (address < description.start || address >= description.limit)
		return -ENOENT;
	row->is_signal = cfi->meaning.is_signal;
	keep_expressions(cfi, description.has_expression, row);
	return 0;
}

int cfi_find(struct cfi *cfi, const struct mapping *mapping, uint64_t address, struct cfi_row *row)
{
	int error;

	*row = (struct cfi_row){0};
	if (!mapping->is_elf || !find_row(cfi, mapping, address, row))
		return -ENOENT;
	error = check(cfi, mapping, address, row);
	/* What did not pass must not be read either. */
	if (error)
		cfi->description.size = 0;
	return error;
}

/* Puts what entry has of the eight bytes at address into its place. */
static bool fill_word(const struct cfi_bytes *entry, uint64_t address, uint8_t *word)
{
	bool is_inside = false;

	if (address + sizeof(uint64_t) - entry->address >= entry->size + sizeof(uint64_t))
		return false;
	for (size_t i = 0; i < sizeof(uint64_t); i++) {
		uint64_t at = address + i - entry->address;

		if (at < entry->size) {
			word[i] = entry->bytes[at];
			is_inside = true;
		}
	}
	return is_inside;
}

bool cfi_word(const struct cfi *cfi, uint64_t address, uint64_t *word)
{
	uint8_t bytes[sizeof(*word)] = {0};
	bool is_inside = fill_word(&cfi->description, address, bytes);
	size_t at = kept_below(cfi, address + sizeof(*word) - 1);

	is_inside |= fill_word(&cfi->common, address, bytes);
	/* Entries have at least eight bytes, so a word touches two of them at most. */
	for (size_t tries = 0; at && tries < 2; tries++) {
		const struct kept *kept = &cfi->kept[--at];
		struct cfi_bytes entry = {kept->address, kept->size,
					  cfi->kept_bytes + kept->offset};

		is_inside |= fill_word(&entry, address, bytes);
	}
	memcpy(word, bytes, sizeof(*word));
	return is_inside;
}
