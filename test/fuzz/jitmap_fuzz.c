/* SPDX-License-Identifier: Apache-2.0 */
/* jitmap_fuzz.c -- a perf map of any bytes. */
#include "core/jitmap.h"

#include <stdlib.h>
#include <string.h>

enum { WANTED = 64 };

struct text {
	const uint8_t *bytes;
	size_t size;
};

static bool text_read(void *context, uint64_t offset, void *to, size_t len)
{
	const struct text *text = context;

	if (offset > text->size || len > text->size - offset)
		abort();
	memcpy(to, text->bytes + offset, len);
	return true;
}

static void take(void *context, size_t index, const char *name, const char *system_name)
{
	bool *taken = context;

	if (index >= WANTED || taken[index] || strlen(name) == 0 || strlen(system_name) == 0)
		abort();
	taken[index] = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = {bytes, size};
	uint64_t addresses[WANTED];
	bool taken[WANTED] = {false};
	const struct symbols_wanted wanted = {.addresses = addresses, .count = WANTED};
	struct unnamed list;

	for (size_t i = 0; i < WANTED; i++)
		addresses[i] = 1 + i * 0x100;
	if (unnamed_create(&list, &wanted, 0) != 0)
		return 0;
	list.found = take;
	list.context = taken;
	jitmap_match(text_read, &text, size, &list);
	if (list.count + list.named != WANTED)
		abort();
	unnamed_destroy(&list);
	return 0;
}
