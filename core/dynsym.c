/* SPDX-License-Identifier: Apache-2.0 */
/* dynsym.c -- the dynamic symbols of a loaded object, out of its memory. */
#include "core/dynsym.h"

#include <errno.h>

/* Real objects have about forty entries; a bucket is four bytes of a table in memory. */
enum { DYNAMIC_MAX = 1024, BUCKETS_MAX = 1 << 20, CHAIN_MAX = 1 << 16, WINDOW = 256 };

struct dynamic {
	uint64_t symbols, strings, strings_size, hash, gnu_hash;
};

/* glibc replaces the addresses in this table by run-time ones, musl and the vdso do not. An offset
 * outside the image fails when it is read. */
static uint64_t offset_of(const struct mapping *mapping, uint64_t address)
{
	if (address < mapping->image || address >= mapping->image_limit)
		address += mapping->bias;
	return address - mapping->image;
}

static bool dynamic_read(const struct elf *image, const struct mapping *mapping,
			 struct dynamic *dynamic)
{
	Elf64_Phdr segment;
	Elf64_Dyn entry;

	if (!elf_segment(image, PT_DYNAMIC, 0, &segment))
		return false;
	uint64_t at = mapping->bias + segment.p_vaddr - mapping->image;
	for (unsigned i = 0; i < DYNAMIC_MAX; i++, at += sizeof(entry)) {
		if (!elf_read(image, at, &entry, sizeof(entry)))
			return false;
		uint64_t offset = offset_of(mapping, entry.d_un.d_ptr);
		switch (entry.d_tag) {
		case DT_SYMTAB:
			dynamic->symbols = offset;
			break;
		case DT_STRTAB:
			dynamic->strings = offset;
			break;
		case DT_STRSZ:
			dynamic->strings_size = entry.d_un.d_val;
			break;
		case DT_HASH:
			dynamic->hash = offset;
			break;
		case DT_GNU_HASH:
			dynamic->gnu_hash = offset;
			break;
		case DT_NULL:
			return dynamic->symbols != 0 && dynamic->strings != 0;
		default:
			break;
		}
	}
	return false;
}

static uint32_t buckets_last(const struct elf *elf, uint64_t at, uint32_t count)
{
	uint32_t window[WINDOW];
	uint32_t last = 0;

	for (uint32_t done = 0; done < count;) {
		uint32_t len = count - done < WINDOW ? count - done : WINDOW;
		if (!elf_read(elf, at + done * sizeof(*window), window, len * sizeof(*window)))
			return 0;
		for (uint32_t i = 0; i < len; i++)
			last = window[i] > last ? window[i] : last;
		done += len;
	}
	return last;
}

/* The GNU hash table does not say how many symbols there are: the last bucket's chain ends at the
 * last of them, with an odd hash. */
static uint64_t gnu_hash_count(const struct elf *elf, uint64_t at)
{
	struct {
		uint32_t buckets, first, bloom_words, shift;
	} table;
	uint32_t hash = 0;

	if (!elf_read(elf, at, &table, sizeof(table)) || table.buckets > BUCKETS_MAX)
		return 0;
	uint64_t buckets = at + sizeof(table) + table.bloom_words * sizeof(uint64_t);
	uint64_t chain = buckets + table.buckets * sizeof(uint32_t);
	uint32_t last = buckets_last(elf, buckets, table.buckets);
	if (last < table.first || last == 0)
		return 0;
	for (unsigned i = 0; i < CHAIN_MAX; i++, last++) {
		uint64_t within = (uint64_t)(last - table.first) * sizeof(hash);
		if (!elf_read(elf, chain + within, &hash, sizeof(hash)))
			return 0;
		if ((hash & 1) != 0)
			return (uint64_t)last + 1;
	}
	return 0;
}

static uint64_t symbols_count(const struct elf *elf, const struct dynamic *dynamic)
{
	uint32_t hash[2]; /* buckets, chains: one for each symbol */

	if (dynamic->hash != 0 && elf_read(elf, dynamic->hash, hash, sizeof(hash)))
		return hash[1];
	return dynamic->gnu_hash != 0 ? gnu_hash_count(elf, dynamic->gnu_hash) : 0;
}

int dynsym_find(struct symtab *table, const struct elf *image, const struct mapping *mapping)
{
	struct dynamic dynamic = {0};

	if (!dynamic_read(image, mapping, &dynamic))
		return -ENOEXEC;
	*table = (struct symtab){.elf = image,
				 .symbols = dynamic.symbols,
				 .count = symbols_count(image, &dynamic),
				 .strings = dynamic.strings,
				 .strings_size = dynamic.strings_size};
	return table->count != 0 ? 0 : -ENOEXEC;
}
