/* SPDX-License-Identifier: Apache-2.0 */
/* cfi_scan.c -- one walk over .eh_frame, then a binary search in what was found. */
#include "core/cfi_scan.h"

#include "core/cfi_check.h"

#include <stdlib.h>
#include <string.h>

enum {
	OBJECTS_MAX = 64,
	ROWS_FIRST = 256,
	COMMON_SIZE_MAX = 1 << 10,
	HEAD_SIZE = 24, /* of a description: length, pointer to its CIE, two addresses */
	ENTRY_SIZE_MIN = 8,
};

struct row { /* both relative to the image, since it is smaller than 2 GiB */
	uint32_t start;
	uint32_t fde;
};

struct object {
	uint64_t serial; /* of its mapping */
	uint64_t image;
	bool was_used; /* since the last flush */
	size_t count;
	struct row *rows; /* ascending by start */
};

struct cfi_scan {
	struct maps *maps;
	size_t count;
	size_t rows; /* of all objects */
	struct object objects[OBJECTS_MAX];
};

struct walk {
	struct maps *maps;
	const struct mapping *mapping;
	struct object *object;
	size_t capacity;
	size_t most; /* rows that this object may have */
	uint64_t common_address;
	bool common_is_good;
	struct cfi_common common;
	uint8_t common_bytes[COMMON_SIZE_MAX];
};

struct cfi_scan *cfi_scan_create(struct maps *maps)
{
	struct cfi_scan *scan = calloc(1, sizeof(*scan));

	if (scan)
		scan->maps = maps;
	return scan;
}

static void forget(struct cfi_scan *scan, struct object *object)
{
	scan->rows -= object->count;
	free(object->rows);
	*object = scan->objects[--scan->count];
}

void cfi_scan_destroy(struct cfi_scan *scan)
{
	if (!scan)
		return;
	while (scan->count)
		forget(scan, &scan->objects[0]);
	free(scan);
}

void cfi_scan_flush(struct cfi_scan *scan)
{
	for (size_t i = scan->count; i-- > 0;) {
		if (scan->objects[i].was_used)
			scan->objects[i].was_used = false;
		else
			forget(scan, &scan->objects[i]);
	}
}

/* Reads what the CIE at address says, unless it was the last one, which it mostly is. */
static bool find_common(struct walk *w, uint64_t address)
{
	struct cfi_bytes entry = {.address = address, .bytes = w->common_bytes};
	uint32_t len;

	if (address == w->common_address)
		return w->common_is_good;
	w->common_address = address;
	w->common_is_good = false;
	if (address < w->mapping->frames || !maps_read(w->maps, address, &len, sizeof(len)) ||
	    len > COMMON_SIZE_MAX - sizeof(len))
		return false;
	entry.size = len + sizeof(len);
	w->common_is_good = maps_read(w->maps, address, w->common_bytes, entry.size) &&
			    cfi_check_common(&entry, &w->common);
	return w->common_is_good;
}

static bool add_row(struct walk *w, const struct row *row)
{
	struct object *object = w->object;
	struct row *rows;

	if (object->count == w->most)
		return false;
	if (object->count == w->capacity) {
		w->capacity = w->capacity ? 2 * w->capacity : ROWS_FIRST;
		rows = realloc(object->rows, w->capacity * sizeof(*rows));
		if (!rows)
			return false;
		object->rows = rows;
	}
	object->rows[object->count++] = *row;
	return true;
}

/* False only when there is no room: a description that is no good is passed over. */
static bool take_entry(struct walk *w, uint64_t address, size_t size)
{
	uint64_t image = w->mapping->image;
	uint8_t head[HEAD_SIZE];
	struct cfi_bytes entry = {address, size < HEAD_SIZE ? size : HEAD_SIZE, head};
	struct cfi_description range;
	uint32_t back;
	struct row row;

	if (size < ENTRY_SIZE_MIN || !maps_read(w->maps, address, head, entry.size))
		return true;
	memcpy(&back, head + 4, sizeof(back));
	if (!back || !find_common(w, address + 4 - back) ||
	    !cfi_check_range(&entry, &w->common, &range) || range.start < image ||
	    range.start >= w->mapping->image_limit)
		return true;
	row.start = (uint32_t)(range.start - image);
	row.fde = (uint32_t)(address - image);
	return add_row(w, &row);
}

/* The 64-bit form, which no compiler writes, and the terminator end the walk. */
static bool walk_entries(struct walk *w)
{
	uint64_t at = w->mapping->frames;
	uint64_t limit = at + w->mapping->frames_size;
	uint32_t len;

	while (limit - at >= sizeof(len) && maps_read(w->maps, at, &len, sizeof(len)) && len &&
	       len <= limit - at - sizeof(len)) {
		if (!take_entry(w, at, len + sizeof(len)))
			return false;
		at += len + sizeof(len);
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = ((const struct row *)a)->start;
	uint32_t y = ((const struct row *)b)->start;

	return (x > y) - (x < y);
}

/* A table that would lack rows is not kept: its last row before an address may be another's. */
static void fill(struct cfi_scan *scan, struct object *object, const struct mapping *mapping)
{
	struct walk *w = calloc(1, sizeof(*w));
	bool is_whole = false;

	if (w && mapping->frames_size <= CFI_SCAN_BYTES_MAX &&
	    mapping->image_limit - mapping->image <= INT32_MAX) {
		w->maps = scan->maps;
		w->mapping = mapping;
		w->object = object;
		w->most = CFI_SCAN_ROWS_MAX - scan->rows;
		is_whole = walk_entries(w);
	}
	free(w);
	if (!is_whole || !object->count) {
		free(object->rows);
		object->rows = NULL;
		object->count = 0;
		return;
	}
	qsort(object->rows, object->count, sizeof(*object->rows), compare);
	scan->rows += object->count;
}

static struct object *object_of(struct cfi_scan *scan, const struct mapping *mapping)
{
	struct object *object;

	for (size_t i = 0; i < scan->count; i++) {
		object = &scan->objects[i];
		if (object->serial == mapping->serial && object->image == mapping->image)
			return object;
	}
	if (scan->count == OBJECTS_MAX)
		return NULL;
	object = &scan->objects[scan->count++];
	*object = (struct object){.serial = mapping->serial, .image = mapping->image};
	fill(scan, object, mapping);
	return object;
}

bool cfi_scan_find(struct cfi_scan *scan, const struct mapping *mapping, uint64_t address,
		   uint64_t *start, uint64_t *fde)
{
	struct object *object = object_of(scan, mapping);
	size_t low = 0;
	size_t high;

	if (!object)
		return false;
	object->was_used = true;
	high = object->count;
	/* Below low every function starts at or before address, from high on behind it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mapping->image + object->rows[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*start = mapping->image + object->rows[low - 1].start;
	*fde = mapping->image + object->rows[low - 1].fde;
	return true;
}
