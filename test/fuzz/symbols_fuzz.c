/* SPDX-License-Identifier: Apache-2.0 */
/* symbols_fuzz.c -- a name of any bytes, and a loaded object of any bytes, as memory shows them. */
#include "core/demangle.h"
#include "core/dynsym.h"

#include <stdlib.h>
#include <string.h>

enum { BASE = 0x10000, WANTED = 64, TEXT_SIZE = 4096 };

struct memory {
	const uint8_t *bytes;
	size_t size;
};

static bool memory_read(void *context, uint64_t offset, void *to, size_t len)
{
	const struct memory *memory = context;

	if (offset > memory->size || len > memory->size - offset)
		return false;
	memcpy(to, memory->bytes + offset, len);
	return true;
}

static void ignore(void *context, size_t index, const char *name, const char *system_name)
{
	(void)context;
	if (index >= WANTED || name[0] == '\0' || system_name[0] == '\0')
		abort();
}

static void image_resolve(struct memory *memory)
{
	struct mapping mapping = {
		.is_elf = true, .bias = BASE, .image = BASE, .image_limit = BASE + (1 << 20)};
	uint64_t addresses[WANTED];
	struct symbols_wanted wanted = {&mapping, addresses, WANTED};
	struct unnamed list;
	struct elf image;
	struct symtab table;

	for (size_t i = 0; i < WANTED; i++)
		addresses[i] = BASE + 0x400 + i * 128;
	if (unnamed_create(&list, &wanted, BASE) != 0)
		return;
	list.found = ignore;
	if (elf_open_reader(&image, memory_read, memory, mapping.image_limit - mapping.image) ==
	    0) {
		if (dynsym_find(&table, &image, &mapping) == 0)
			symtab_resolve(&table, &list);
		elf_close(&image);
	}
	unnamed_destroy(&list);
}

static void name_demangle(const uint8_t *bytes, size_t size)
{
	char *name = strndup((const char *)bytes, size);
	char *text = malloc(TEXT_SIZE);

	if (name != NULL && text != NULL && demangle_name(name, text, TEXT_SIZE) &&
	    strnlen(text, TEXT_SIZE) == TEXT_SIZE)
		abort();
	free(name);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct memory memory = {bytes, size};

	if (size > 4 && memcmp(bytes, "\177ELF", 4) == 0)
		image_resolve(&memory);
	else
		name_demangle(bytes, size);
	return 0;
}
