/* SPDX-License-Identifier: Apache-2.0 */
/* symbols.c -- from addresses to function names, one sweep per object. */
#include "core/symbols.h"

#include "core/debugfile.h"
#include "core/dynsym.h"
#include "core/jitmap.h"
#include "core/minidebug.h"
#include "core/plt.h"
#include "core/symtab.h"
#include "core/unnamed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool path_is_file(const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(path);
	size_t mark = sizeof(deleted) - 1;

	return path[0] == '/' && (len < mark || strcmp(path + len - mark, deleted) != 0);
}

/* A package upgrade puts another file at the same path: the build id tells. */
static int object_open_at(struct elf *object, const struct mapping *mapping, const char *path)
{
	uint8_t id[ELF_BUILD_ID_MAX];
	int error = elf_open_file(object, path);

	if (error != 0)
		return error;
	if (elf_build_id(object, id) == mapping->build_id_size &&
	    memcmp(id, mapping->build_id, mapping->build_id_size) == 0)
		return 0;
	elf_close(object);
	return -ESTALE;
}

static int object_open(struct elf *object, const struct mapping *mapping)
{
	if (path_is_file(mapping->path) && object_open_at(object, mapping, mapping->path) == 0)
		return 0;
	/* The kernel keeps the main program's file for us, but only a build id says it is that. */
	if (mapping->path[0] == '/' && mapping->build_id_size != 0)
		return object_open_at(object, mapping, "/proc/self/exe");
	return -ENOENT;
}

static bool from_section(const struct elf *elf, const char *section, struct unnamed *list)
{
	struct symtab table;

	if (!symtab_find(&table, elf, section))
		return false;
	table.is_whole = strcmp(section, ".symtab") == 0;
	symtab_resolve(&table, list);
	return true;
}

/* object is NULL when its file cannot be had. */
static void from_debugfile(const struct elf *object, const struct mapping *mapping,
			   struct unnamed *list)
{
	struct debugfile_wanted wanted = {.root = DEBUGFILE_ROOT,
					  .path = mapping->path,
					  .object = object,
					  .build_id = mapping->build_id,
					  .build_id_size = mapping->build_id_size};
	struct elf debug;

	if (list->count == 0 || debugfile_open(&debug, &wanted) != 0)
		return;
	from_section(&debug, ".symtab", list);
	elf_close(&debug);
}

static void from_minidebug(const struct elf *object, struct unnamed *list)
{
	struct minidebug *mini = list->count != 0 ? minidebug_open(object) : NULL;
	struct symtab table;

	if (mini == NULL)
		return;
	/* Not a whole table: it lacks what .dynsym has. */
	if (symtab_find(&table, minidebug_elf(mini), ".symtab"))
		symtab_resolve(&table, list);
	minidebug_close(mini);
}

struct memory_reader {
	struct maps *maps;
	uint64_t base;
};

static bool memory_read(void *context, uint64_t offset, void *to, size_t len)
{
	const struct memory_reader *reader = context;

	return maps_read(reader->maps, reader->base + offset, to, len);
}

static void from_memory(struct maps *maps, const struct mapping *mapping, struct unnamed *list)
{
	struct memory_reader reader = {maps, mapping->image};
	uint64_t size = mapping->image_limit - mapping->image;
	struct symtab table;
	struct elf image;

	if (mapping->gone || elf_open_reader(&image, memory_read, &reader, size) != 0)
		return;
	if (dynsym_find(&table, &image, mapping) == 0)
		symtab_resolve(&table, list);
	elf_close(&image);
}

/* The fullest table first; what it leaves goes on to the next. */
static void from_file(const struct elf *object, const struct mapping *mapping, struct unnamed *list)
{
	if (!from_section(object, ".symtab", list))
		from_debugfile(object, mapping, list);
	from_section(object, ".dynsym", list);
	from_minidebug(object, list);
	plt_resolve(object, list);
}

size_t symbols_resolve(struct maps *maps, const struct symbols_wanted *wanted, symbols_found *found,
		       void *context)
{
	const struct mapping *mapping = wanted->mapping;
	struct unnamed list;
	struct elf object;

	if (!mapping->is_elf || unnamed_create(&list, wanted, mapping->bias) != 0)
		return 0;
	list.found = found;
	list.context = context;
	if (object_open(&object, mapping) == 0) {
		from_file(&object, mapping, &list);
		elf_close(&object);
	} else {
		from_debugfile(NULL, mapping, &list);
		from_memory(maps, mapping, &list);
	}
	size_t named = list.named;
	unnamed_destroy(&list);
	return named;
}

size_t symbols_resolve_jit(int pid, const uint64_t *addresses, size_t count, symbols_found *found,
			   void *context)
{
	const struct symbols_wanted wanted = {.addresses = addresses, .count = count};
	struct unnamed list;
	char path[64];

	if (unnamed_create(&list, &wanted, 0) != 0)
		return 0;
	list.found = found;
	list.context = context;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	jitmap_resolve(path, &list);
	size_t named = list.named;
	unnamed_destroy(&list);
	return named;
}
