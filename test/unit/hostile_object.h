/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_object.h -- an object made in memory, whose code and tables tests fill, to be unwound in.
 */
#pragma once

#include "core/unwind.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Offset of the code, behind a page of headers. It ends where the table begins. */
enum { CODE = 4096 };

struct hostile_object {
	uint8_t *image;
	uint32_t size, table;
	struct maps *maps;
	struct unwind *unwind;
	struct sample *sample;
};

static inline void hostile_put_headers(const struct hostile_object *object, size_t table_size)
{
	const Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	const Elf64_Phdr segments[2] = {
		{.p_type = PT_LOAD,
		 .p_flags = PF_R | PF_X,
		 .p_filesz = object->size,
		 .p_memsz = object->size},
		{.p_type = PT_GNU_EH_FRAME, .p_vaddr = object->table, .p_memsz = table_size},
	};

	memcpy(object->image, &header, sizeof(header));
	memcpy(object->image + sizeof(header), segments, sizeof(segments));
}

/* Where it lies, said anew, so that nothing is known of it. What maps_parse returns. */
static inline int hostile_map(const struct hostile_object *object)
{
	uintptr_t start = (uintptr_t)object->image;
	uintptr_t table = start + object->table;
	char text[256];
	int changed;
	int len = snprintf(text, sizeof(text),
			   "%lx-%lx r--p 00000000 00:01 7 /hostile\n"
			   "%lx-%lx r-xp %08x 00:01 7 /hostile\n"
			   "%lx-%lx r--p %08x 00:01 7 /hostile\n",
			   start, start + CODE, start + CODE, table, CODE, table,
			   start + object->size, object->table);

	maps_parse(object->maps, "", 0);
	changed = maps_parse(object->maps, text, (size_t)len);
	unwind_flush(object->unwind);
	return changed;
}

static inline struct hostile_object hostile_create(uint32_t size, uint32_t table,
						   uint32_t table_size, size_t slice_size)
{
	struct hostile_object object = {.size = size, .table = table};

	object.image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	object.maps = maps_create();
	object.unwind = unwind_create(object.maps);
	object.sample = calloc(1, sizeof(*object.sample) + slice_size);
	hostile_put_headers(&object, table_size);
	return object;
}

static inline void hostile_destroy(const struct hostile_object *object)
{
	unwind_destroy(object->unwind);
	maps_destroy(object->maps);
	free(object->sample);
	munmap(object->image, object->size);
}

/* Aborts unless the first frame is where the sample was taken, and all others are code. */
static inline void hostile_unwind(const struct hostile_object *object)
{
	uint64_t pcs[UNWIND_FRAMES_MAX];
	enum unwind_end end;
	size_t count = unwind_sample(object->unwind, object->sample, pcs, UNWIND_FRAMES_MAX, &end);

	if (!count || pcs[0] != object->sample->regs[REGISTER_RIP])
		abort();
	for (size_t i = 1; i < count; i++) {
		if (!maps_find(object->maps, pcs[i]))
			abort();
	}
}
