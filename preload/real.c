/* SPDX-License-Identifier: Apache-2.0 */
/* real.c -- a symbol lookup that allocates nothing and trusts the loader's tables only. */
#include "preload/real.h"

#include <assert.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char *const names[] = {
#define X(result, name, parameters, ...) #name,
	REAL_FUNCTIONS(X)
#undef X
};

enum {
	REAL_COUNT = sizeof(names) / sizeof(names[0]),
	VERSION_HIDDEN = 0x8000, /* an old version, kept for old programs */
};

static_assert(sizeof(struct real) == REAL_COUNT * sizeof(void *), "the struct is an array");

static struct {
	union {
		struct real real;
		void *pointers[REAL_COUNT];
	};
	_Atomic bool ready;
	_Atomic bool is_bypassed;
	uintptr_t allocator_low, allocator_high;
} self;

struct object {
	uintptr_t base;
	const Elf64_Sym *symbols;
	const char *strings;
	const uint16_t *versions;
	const uint32_t *gnu_hash;
	const uint32_t *hash;
};

struct found {
	void *function;
	uintptr_t low, high; /* of the object that it is in */
};

struct walk {
	struct found behind[REAL_COUNT]; /* in an object behind this one */
	struct found before[REAL_COUNT]; /* elsewhere */
	uint32_t hashes[REAL_COUNT];	 /* of the names */
	bool passed_self;
};

/* glibc stores run-time addresses in a dynamic section, musl and the vDSO leave it as it is. */
static const void *absolute(uintptr_t base, uintptr_t value)
{
	return (const void *)(value < base ? base + value : value);
}

static void read_dynamic(struct object *object, const Elf64_Dyn *entry)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		const void *value = absolute(object->base, entry->d_un.d_ptr);
		switch (entry->d_tag) {
		case DT_SYMTAB:
			object->symbols = value;
			break;
		case DT_STRTAB:
			object->strings = value;
			break;
		case DT_VERSYM:
			object->versions = value;
			break;
		case DT_GNU_HASH:
			object->gnu_hash = value;
			break;
		case DT_HASH:
			object->hash = value;
			break;
		}
	}
}

/* The one of this name: the default version, or, where there is none, the only other one, as dlsym
 * has it. */
struct choice {
	uint32_t index;
	uint32_t hidden;
	int hidden_count;
};

/* True when there is no need to look further. */
static bool consider(const struct object *object, uint32_t index, const char *name,
		     struct choice *choice)
{
	const Elf64_Sym *symbol = &object->symbols[index];
	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC ||
	    strcmp(object->strings + symbol->st_name, name) != 0)
		return false;
	if (object->versions && object->versions[index] & VERSION_HIDDEN) {
		choice->hidden = index;
		choice->hidden_count++;
		return false;
	}
	choice->index = index;
	return true;
}

/* As of DT_GNU_HASH. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;
	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	return hash;
}

static void find_by_gnu_hash(const struct object *object, const char *name, uint32_t hash,
			     struct choice *choice)
{
	const uint32_t *table = object->gnu_hash;
	uint32_t bucket_count = table[0], first = table[1], bloom_size = table[2], shift = table[3];
	const uint64_t *bloom = (const uint64_t *)(table + 4);
	const uint32_t *buckets = table + 4 + (size_t)bloom_size * 2;
	const uint32_t *chains = buckets + bucket_count;
	uint64_t word = bloom_size ? bloom[hash / 64 % bloom_size] : UINT64_MAX;
	if (!(word >> (hash % 64) & word >> ((hash >> shift) % 64) & 1))
		return;
	uint32_t index = bucket_count ? buckets[hash % bucket_count] : 0;
	if (index < first || !index)
		return;
	for (;; index++) {
		uint32_t chain = chains[index - first];
		if ((chain | 1) == (hash | 1) && consider(object, index, name, choice))
			return;
		if (chain & 1)
			return;
	}
}

static void find_by_hash(const struct object *object, const char *name, struct choice *choice)
{
	uint32_t count = object->hash[1];
	for (uint32_t index = 1; index < count; index++)
		if (consider(object, index, name, choice))
			return;
}

static void *find(const struct object *object, const char *name, uint32_t hash)
{
	struct choice choice = {0};
	if (object->gnu_hash)
		find_by_gnu_hash(object, name, hash, &choice);
	else if (object->hash)
		find_by_hash(object, name, &choice);
	uint32_t index = choice.index ? choice.index : choice.hidden_count == 1 ? choice.hidden : 0;
	return index ? (void *)(object->base + object->symbols[index].st_value) : NULL;
}

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD &&
		    address - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
			return true;
	}
	return false;
}

static struct found nothing_in(const struct dl_phdr_info *info)
{
	struct found found = {NULL, UINTPTR_MAX, 0};
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *segment = &info->dlpi_phdr[i];
		uintptr_t low = info->dlpi_addr + segment->p_vaddr, high = low + segment->p_memsz;
		if (segment->p_type != PT_LOAD)
			continue;
		found.low = low < found.low ? low : found.low;
		found.high = high > found.high ? high : found.high;
	}
	return found;
}

static const Elf64_Dyn *dynamic_of(const struct dl_phdr_info *info)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return NULL;
}

static int look_into(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	struct walk *walk = context;
	if (holds(info, (uintptr_t)&self)) {
		walk->passed_self = true;
		return 0;
	}
	struct object object = {.base = info->dlpi_addr};
	const Elf64_Dyn *dynamic = dynamic_of(info);
	if (dynamic)
		read_dynamic(&object, dynamic);
	if (!object.symbols || !object.strings)
		return 0;
	struct found *found = walk->passed_self ? walk->behind : walk->before;
	struct found here = nothing_in(info);
	for (int i = 0; i < REAL_COUNT; i++) {
		if (found[i].function)
			continue;
		here.function = find(&object, names[i], walk->hashes[i]);
		found[i] = here;
	}
	return 0;
}

#define INDEX(name) (offsetof(struct real, name) / sizeof(void *))

/* One allocator does not know what another has. */
static void leave_out_strangers(struct found *found)
{
	static const size_t indexes[] = {INDEX(mallctl), INDEX(cfree), INDEX(free_sized),
					 INDEX(free_aligned_sized)};
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
		if (found[indexes[i]].low != found[INDEX(malloc)].low)
			found[indexes[i]].function = NULL;
}

/* Once, for what is loaded later may be unloaded again. Two threads that come first write the same
 * pointers. */
const struct real *real_get(void)
{
	if (atomic_load_explicit(&self.ready, memory_order_acquire))
		return &self.real;
	struct walk walk = {0};
	for (int i = 0; i < REAL_COUNT; i++)
		walk.hashes[i] = hash_of(names[i]);
	dl_iterate_phdr(look_into, &walk);
	atomic_store(&self.is_bypassed, walk.before[INDEX(malloc)].function != NULL);
	for (int i = 0; i < REAL_COUNT; i++)
		if (!walk.behind[i].function)
			walk.behind[i] = walk.before[i];
	leave_out_strangers(walk.behind);
	self.allocator_low = walk.behind[INDEX(malloc)].low;
	self.allocator_high = walk.behind[INDEX(malloc)].high;
	for (int i = 0; i < REAL_COUNT; i++)
		self.pointers[i] = walk.behind[i].function;
	atomic_store_explicit(&self.ready, true, memory_order_release);
	return &self.real;
}

struct search {
	const char *name;
	void *function;
};

static int search_in(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	struct search *search = context;
	struct object object = {.base = info->dlpi_addr};
	const Elf64_Dyn *dynamic = dynamic_of(info);
	if (!dynamic || holds(info, (uintptr_t)&self))
		return 0;
	read_dynamic(&object, dynamic);
	if (object.symbols && object.strings)
		search->function = find(&object, search->name, hash_of(search->name));
	return search->function != NULL;
}

void *real_find_now(const char *name)
{
	struct search search = {name, NULL};
	dl_iterate_phdr(search_in, &search);
	return search.function;
}

bool real_is_allocator(const void *code)
{
	return (uintptr_t)code >= self.allocator_low && (uintptr_t)code < self.allocator_high;
}

bool real_is_bypassed(void)
{
	return atomic_load(&self.is_bypassed);
}
