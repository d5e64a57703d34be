/* SPDX-License-Identifier: Apache-2.0 */
/* elf_fuzz.c -- an object file of any bytes: headers, every table of symbols, stubs. */
#include "core/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WANTED = 128 };

static void take(void *context, size_t index, const char *name, const char *system_name)
{
	bool *taken = context;

	if (index >= WANTED || taken[index] || strlen(name) == 0 || strlen(system_name) == 0)
		abort();
	taken[index] = true;
}

/* The mapping has the file's own build id, so that a fuzzer need not guess it. */
static void object_resolve(const char *path)
{
	struct mapping mapping = {.is_elf = true, .gone = true, .path = path};
	uint64_t addresses[WANTED];
	bool taken[WANTED] = {false};
	struct elf elf;

	if (elf_open_file(&elf, path) != 0)
		return;
	mapping.build_id_size = elf_build_id(&elf, mapping.build_id);
	elf_close(&elf);
	for (size_t i = 0; i < WANTED; i++)
		addresses[i] = 0x400 + i * 64;
	const struct symbols_wanted wanted = {&mapping, addresses, WANTED};
	size_t named = symbols_resolve(NULL, &wanted, take, taken);
	for (size_t i = 0; i < WANTED; i++)
		named -= taken[i];
	if (named != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("elf_fuzz", MFD_CLOEXEC);
	char path[64];

	if (fd < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, bytes, size) == (ssize_t)size)
		object_resolve(path);
	close(fd);
	return 0;
}
