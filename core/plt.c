/* SPDX-License-Identifier: Apache-2.0 */
/* plt.c -- names for the stubs through which one object calls another: NAME@plt. */
#include "core/plt.h"

#include "core/symtab.h"

#include <stdlib.h>
#include <string.h>

enum {
	STUB_SIZE = 16,
	WINDOW = 1024, /* relocations read at a time: 24 KiB */
	RELOCATIONS_MAX = 1 << 22,
};

/* A corrupt file may relocate one slot millions of times. */
#define ANSWERED SIZE_MAX

struct stub {
	uint64_t slot; /* of the global offset table, which the stub jumps through */
	size_t index;  /* in the list; of the first stub of a slot ANSWERED once it has its name */
};

struct plt {
	const struct elf *elf;
	struct unnamed *list;
	struct symtab symbols; /* what relocations refer to */
	struct stub *stubs;
	size_t count;
	Elf64_Rela *window;
	char *name;
};

/* jmp *displacement(%rip), which endbr64 or bnd may precede. */
static bool stub_slot(const uint8_t code[STUB_SIZE], size_t size, uint64_t address, uint64_t *slot)
{
	int32_t displacement;

	for (size_t i = 0; i + 6 <= size; i++) {
		if (code[i] != 0xff || code[i + 1] != 0x25)
			continue;
		memcpy(&displacement, code + i + 2, sizeof(displacement));
		*slot = address + i + 6 + (uint64_t)(int64_t)displacement;
		return true;
	}
	return false;
}

static void section_collect(struct plt *plt, const char *name)
{
	uint8_t code[STUB_SIZE];
	Elf64_Shdr section;

	if (!elf_section(plt->elf, name, &section) || section.sh_type == SHT_NOBITS)
		return;
	uint64_t size = section.sh_entsize == STUB_SIZE / 2 ? STUB_SIZE / 2 : STUB_SIZE;
	for (size_t i = 0; i < plt->list->count; i++) {
		uint64_t within = plt->list->addresses[i] - section.sh_addr;
		if (plt->list->addresses[i] < section.sh_addr || within >= section.sh_size)
			continue;
		within -= within % size;
		struct stub *stub = &plt->stubs[plt->count];
		if (!elf_read(plt->elf, section.sh_offset + within, code, size) ||
		    !stub_slot(code, size, section.sh_addr + within, &stub->slot))
			continue;
		stub->index = i;
		plt->count++;
	}
}

static int stub_compare(const void *a, const void *b)
{
	const struct stub *x = a;
	const struct stub *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static size_t first_stub(const struct plt *plt, uint64_t slot)
{
	size_t low = 0;

	for (size_t high = plt->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		if (plt->stubs[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void relocation_match(struct plt *plt, const Elf64_Rela *relocation)
{
	uint64_t number = ELF64_R_SYM(relocation->r_info);
	size_t i = first_stub(plt, relocation->r_offset);
	Elf64_Sym symbol;

	if (i == plt->count || plt->stubs[i].slot != relocation->r_offset ||
	    plt->stubs[i].index == ANSWERED)
		return;
	if (number == 0 || number >= plt->symbols.count ||
	    !elf_read(plt->elf, plt->symbols.symbols + number * sizeof(symbol), &symbol,
		      sizeof(symbol)) ||
	    !symtab_string(&plt->symbols, symbol.st_name, plt->name, UNNAMED_NAME_MAX))
		return;
	for (size_t at = i; at < plt->count && plt->stubs[at].slot == relocation->r_offset; at++)
		unnamed_give(plt->list, plt->stubs[at].index, plt->name, "@plt");
	plt->stubs[i].index = ANSWERED;
}

static void section_sweep(struct plt *plt, const char *name)
{
	Elf64_Shdr section;

	if (!elf_section(plt->elf, name, &section) || section.sh_type != SHT_RELA)
		return;
	uint64_t count = section.sh_size / sizeof(Elf64_Rela);
	if (count > RELOCATIONS_MAX)
		count = RELOCATIONS_MAX;
	for (uint64_t done = 0; done < count;) {
		uint64_t len = count - done < WINDOW ? count - done : WINDOW;
		if (!elf_read(plt->elf, section.sh_offset + done * sizeof(Elf64_Rela), plt->window,
			      len * sizeof(Elf64_Rela)))
			return;
		for (uint64_t i = 0; i < len; i++)
			relocation_match(plt, &plt->window[i]);
		done += len;
	}
}

void plt_resolve(const struct elf *elf, struct unnamed *list)
{
	static const char *const sections[] = {".plt", ".plt.sec", ".plt.got"};
	size_t kinds = sizeof(sections) / sizeof(*sections);
	struct plt plt = {.elf = elf, .list = list};

	if (list->count == 0 || !symtab_find(&plt.symbols, elf, ".dynsym"))
		return;
	/* An address lies in one section, unless a corrupt file lets them overlap. */
	plt.stubs = calloc(list->count, kinds * sizeof(*plt.stubs));
	plt.window = malloc(WINDOW * sizeof(*plt.window));
	plt.name = malloc(UNNAMED_NAME_MAX);
	if (plt.stubs != NULL && plt.window != NULL && plt.name != NULL) {
		for (size_t i = 0; i < kinds; i++)
			section_collect(&plt, sections[i]);
		qsort(plt.stubs, plt.count, sizeof(*plt.stubs), stub_compare);
		if (plt.count != 0) {
			section_sweep(&plt, ".rela.plt");
			section_sweep(&plt, ".rela.dyn");
		}
		unnamed_compact(list);
	}
	free(plt.stubs);
	free(plt.window);
	free(plt.name);
}
