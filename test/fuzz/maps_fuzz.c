/* SPDX-License-Identifier: Apache-2.0 */
/* maps_fuzz.c -- two texts after each other: what stands before the first zero byte, and the rest.
 */
#include "core/maps.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct maps *maps)
{
	const struct mapping *mapping;

	for (uint32_t id = 0; (mapping = maps_at(maps, id)); id++) {
		if (mapping->id != id || mapping->start >= mapping->limit ||
		    mapping->image > mapping->start || mapping->image_limit < mapping->limit)
			abort();
		if (!mapping->gone && maps_find(maps, mapping->start) != mapping)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t first = zero ? (size_t)(zero - data) : size;
	struct maps *maps = maps_create();

	maps_parse(maps, (const char *)data, first);
	check(maps);
	maps_parse(maps, (const char *)data + first, size - first);
	check(maps);
	maps_forget(maps, NULL);
	check(maps);
	maps_destroy(maps);
	return 0;
}
