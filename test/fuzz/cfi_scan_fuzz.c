/* SPDX-License-Identifier: Apache-2.0 */
/* cfi_scan_fuzz.c -- the input is an object's .eh_frame; every row that a scan of it gives must lie
 * where it should, and in order.
 */
#include "core/cfi_scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE_SIZE = 64 << 10, FRAMES = 8 << 10 };

static struct {
	uint8_t *image;
	struct maps *maps;
	struct cfi_scan *scan;
	uint64_t serial;
} self;

static void set_up(void)
{
	self.image = aligned_alloc(4096, IMAGE_SIZE);
	self.maps = maps_create();
	self.scan = cfi_scan_create(self.maps);
}

static void check_rows(const struct mapping *mapping)
{
	uint64_t last = 0;

	for (uint64_t address = mapping->image; address < mapping->image_limit; address += 64) {
		uint64_t start;
		uint64_t fde;

		if (!cfi_scan_find(self.scan, mapping, address, &start, &fde))
			continue;
		if (start > address || start < last || start < mapping->image ||
		    fde < mapping->frames || fde >= mapping->frames + mapping->frames_size)
			abort();
		last = start;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mapping mapping = {.is_elf = true};

	if (!self.image)
		set_up();
	if (size > IMAGE_SIZE - FRAMES)
		return 0;
	memset(self.image, 0, IMAGE_SIZE);
	memcpy(self.image + FRAMES, data, size);
	mapping.serial = ++self.serial;
	mapping.image = mapping.start = (uintptr_t)self.image;
	mapping.image_limit = mapping.limit = mapping.image + IMAGE_SIZE;
	mapping.frames = mapping.image + FRAMES;
	mapping.frames_size = size;
	/* Whatever the reader has cached is of the input before. */
	maps_parse(self.maps, "1000-2000 r-xp 0 00:00 0\n", self.serial & 1 ? 25 : 0);
	check_rows(&mapping);
	cfi_scan_flush(self.scan);
	cfi_scan_flush(self.scan);
	return 0;
}
