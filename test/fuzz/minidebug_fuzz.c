/* SPDX-License-Identifier: Apache-2.0 */
/* minidebug_fuzz.c -- any bytes as the object file inside .gnu_debugdata, of which the fuzzer could
 * not change a byte without spoiling the stream.
 */
#include "core/minidebug.h"
#include "core/symtab.h"
#include "core/unnamed.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { WANTED = 64, INNER_MAX = 512 << 10 };

static const char NAMES[] = "\0.gnu_debugdata\0.shstrtab";

/* An object that has nothing but the stream, which follows the headers. */
struct outer {
	Elf64_Ehdr header;
	Elf64_Shdr sections[3];
	char names[sizeof(NAMES)];
	uint8_t stream[INNER_MAX + (INNER_MAX >> 3) + 1024];
};

static bool outer_read(void *context, uint64_t offset, void *to, size_t len)
{
	memcpy(to, (const uint8_t *)context + offset, len);
	return true;
}

static void take(void *context, size_t index, const char *name, const char *system_name)
{
	(void)context;
	if (index >= WANTED || !*name || !*system_name)
		abort();
}

static bool outer_fill(struct outer *outer, const uint8_t *bytes, size_t size)
{
	size_t used = 0;

	if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, bytes, size, outer->stream, &used,
				    sizeof(outer->stream)) != LZMA_OK)
		return false;
	memcpy(outer->names, NAMES, sizeof(NAMES));
	outer->header = (Elf64_Ehdr){
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_shoff = offsetof(struct outer, sections),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3,
		.e_shstrndx = 2,
	};
	outer->sections[1] = (Elf64_Shdr){.sh_name = 1,
					  .sh_type = SHT_PROGBITS,
					  .sh_offset = offsetof(struct outer, stream),
					  .sh_size = used};
	outer->sections[2] = (Elf64_Shdr){.sh_name = 16,
					  .sh_type = SHT_STRTAB,
					  .sh_offset = offsetof(struct outer, names),
					  .sh_size = sizeof(NAMES)};
	return true;
}

static void resolve(const struct elf *inner)
{
	uint64_t addresses[WANTED];
	const struct symbols_wanted wanted = {.addresses = addresses, .count = WANTED};
	struct unnamed list;
	struct symtab table;

	for (size_t i = 0; i < WANTED; i++)
		addresses[i] = 0x400 + i * 64;
	if (unnamed_create(&list, &wanted, 0) != 0)
		return;
	list.found = take;
	if (symtab_find(&table, inner, ".symtab"))
		symtab_resolve(&table, &list);
	unnamed_destroy(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct outer outer;
	struct minidebug *mini;
	struct elf elf;

	if (size > INNER_MAX || !outer_fill(&outer, bytes, size) ||
	    elf_open_reader(&elf, outer_read, &outer, sizeof(outer)))
		return 0;
	mini = minidebug_open(&elf);
	if (mini)
		resolve(minidebug_elf(mini));
	minidebug_close(mini);
	elf_close(&elf);
	return 0;
}
