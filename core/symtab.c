/* SPDX-License-Identifier: Apache-2.0 */
/* symtab.c -- one sweep over one symbol table names all the addresses of a period. */
#include "core/symtab.h"

#include <stdlib.h>
#include <string.h>

enum {
	WINDOW_SYMBOLS = 2730, /* 64 KiB */
	SYMBOLS_MAX = 1 << 24, /* the largest browsers have a tenth of this */
	ALIASES_MAX = 4,
	STRING_STEP = 256, /* most names fit one read of this size */
};

/* A table where every symbol claims to cover everything buys no more work than this. */
enum { OFFERS_MAX = 1 << 24 };

/* The last symbol to start between one address and the one before it. */
struct start {
	uint64_t value;
	uint32_t name;
	uint16_t section;
	uint8_t rank; /* 0: none does */
	bool is_sized;
};

struct candidate {
	uint64_t value; /* of the innermost sized symbol over the address, when aliases != 0 */
	size_t score;	/* of the alias called name */
	uint32_t names[ALIASES_MAX];
	uint32_t name; /* the chosen one; 0 for none */
	uint8_t aliases;
	uint8_t rank;
	struct start start;
};

/* Names are read in the order they stand in the file. */
struct request {
	uint32_t name;
	uint32_t index;
};

struct sweep {
	const struct symtab *table;
	struct unnamed *list;
	struct candidate *candidates; /* one for each address of list */
	struct request *requests;
	Elf64_Sym *window;
	char *text;
	size_t offers_left;
};

bool symtab_find(struct symtab *table, const struct elf *elf, const char *section)
{
	Elf64_Shdr symbols;
	Elf64_Shdr strings;

	if (!elf_section(elf, section, &symbols) || symbols.sh_type == SHT_NOBITS ||
	    !elf_section_at(elf, symbols.sh_link, &strings) || strings.sh_type == SHT_NOBITS)
		return false;
	*table = (struct symtab){.elf = elf,
				 .symbols = symbols.sh_offset,
				 .count = symbols.sh_size / sizeof(Elf64_Sym),
				 .strings = strings.sh_offset,
				 .strings_size = strings.sh_size};
	return table->count > 0;
}

bool symtab_string(const struct symtab *table, uint64_t offset, char *to, size_t size)
{
	size_t done = 0;

	while (done < size - 1 && offset < table->strings_size) {
		uint64_t step = table->strings_size - offset;
		if (step > STRING_STEP)
			step = STRING_STEP;
		if (step > size - 1 - done)
			step = size - 1 - done;
		if (!elf_read(table->elf, table->strings + offset, to + done, step))
			return false;
		if (memchr(to + done, '\0', step) != NULL)
			return true;
		done += step;
		offset += step;
	}
	to[done] = '\0';
	return done == size - 1;
}

/* 0 when it names no code; more for what a person rather expects. */
static uint8_t symbol_rank(const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);
	uint8_t rank = ELF64_ST_BIND(symbol->st_info) != STB_LOCAL ? 2 : 1;

	if (symbol->st_name == 0 || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
		return 0;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return (uint8_t)(rank + 2);
	return type == STT_NOTYPE ? rank : 0;
}

static void candidate_cover(struct candidate *candidate, const Elf64_Sym *symbol, uint8_t rank)
{
	bool is_alias = candidate->aliases != 0 && symbol->st_value == candidate->value;

	if (candidate->aliases != 0 && symbol->st_value < candidate->value)
		return;
	if (is_alias && rank < candidate->rank)
		return;
	if (!is_alias || rank > candidate->rank)
		candidate->aliases = 0;
	candidate->value = symbol->st_value;
	candidate->rank = rank;
	if (candidate->aliases < ALIASES_MAX)
		candidate->names[candidate->aliases++] = symbol->st_name;
}

static void start_move(struct start *start, const Elf64_Sym *symbol, uint8_t rank)
{
	bool is_sized = symbol->st_size != 0;

	if (start->rank != 0 && symbol->st_value < start->value)
		return;
	/* Where a sized symbol starts, an unsized one has nothing to say. */
	if (start->rank != 0 && symbol->st_value == start->value &&
	    (start->is_sized || (!is_sized && rank <= start->rank)))
		return;
	*start = (struct start){.value = symbol->st_value,
				.name = symbol->st_name,
				.section = symbol->st_shndx,
				.rank = rank,
				.is_sized = is_sized};
}

static void symbol_offer(struct sweep *sweep, const Elf64_Sym *symbol)
{
	const struct unnamed *list = sweep->list;
	uint64_t value = symbol->st_value;
	uint8_t rank = symbol_rank(symbol);

	if (rank == 0 || value > list->addresses[list->count - 1])
		return;
	size_t i = unnamed_first_not_below(list, value);
	start_move(&sweep->candidates[i].start, symbol, rank);
	for (; i < list->count && list->addresses[i] - value < symbol->st_size; i++) {
		if (sweep->offers_left == 0)
			return;
		sweep->offers_left--;
		candidate_cover(&sweep->candidates[i], symbol, rank);
	}
}

static void table_sweep(struct sweep *sweep)
{
	const struct symtab *table = sweep->table;
	uint64_t count = table->count < SYMBOLS_MAX ? table->count : SYMBOLS_MAX;

	for (uint64_t done = 0; done < count;) {
		uint64_t len = count - done < WINDOW_SYMBOLS ? count - done : WINDOW_SYMBOLS;
		uint64_t at = table->symbols + done * sizeof(Elf64_Sym);
		if (!elf_read(table->elf, at, sweep->window, len * sizeof(Elf64_Sym)))
			return;
		for (uint64_t i = 0; i < len; i++)
			symbol_offer(sweep, &sweep->window[i]);
		done += len;
	}
}

static bool section_holds(const struct elf *elf, const struct start *start, uint64_t address)
{
	Elf64_Shdr section;

	return elf_section_at(elf, start->section, &section) &&
	       (section.sh_flags & SHF_EXECINSTR) != 0 && start->value >= section.sh_addr &&
	       address >= section.sh_addr && address - section.sh_addr < section.sh_size;
}

/* What no sized symbol covers goes to the last symbol to start before it, if that has no size. */
static void unsized_settle(struct sweep *sweep)
{
	const struct unnamed *list = sweep->list;

	for (size_t i = 0; i < list->count; i++) {
		struct candidate *candidate = &sweep->candidates[i];
		struct start *start = &candidate->start;
		if (start->rank == 0 && i > 0)
			*start = candidate[-1].start;
		if (candidate->aliases != 0 || start->rank == 0 || start->is_sized ||
		    !section_holds(sweep->table->elf, start, list->addresses[i]))
			continue;
		candidate->names[0] = start->name;
		candidate->aliases = 1;
	}
}

static int request_compare(const void *a, const void *b)
{
	const struct request *x = a;
	const struct request *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Smaller is better. A version counts, so that memmove precedes memcpy@GLIBC_2.2.5. */
static size_t name_score(const char *name)
{
	size_t underscores = strspn(name, "_");
	return underscores * UNNAMED_NAME_MAX + strlen(name);
}

/* The text of the request's name, read once for all that ask for it; empty when unreadable. */
static char *request_text(struct sweep *sweep, size_t i)
{
	const struct request *request = &sweep->requests[i];

	if (i > 0 && request->name == request[-1].name)
		return sweep->text;
	if (!symtab_string(sweep->table, request->name, sweep->text, UNNAMED_NAME_MAX))
		sweep->text[0] = '\0';
	return sweep->text;
}

static void aliases_settle(struct sweep *sweep)
{
	size_t count = 0;

	for (size_t i = 0; i < sweep->list->count; i++) {
		struct candidate *candidate = &sweep->candidates[i];
		if (candidate->aliases == 1)
			candidate->name = candidate->names[0];
		for (unsigned j = 0; candidate->aliases > 1 && j < candidate->aliases; j++)
			sweep->requests[count++] =
				(struct request){candidate->names[j], (uint32_t)i};
	}
	qsort(sweep->requests, count, sizeof(*sweep->requests), request_compare);
	for (size_t i = 0; i < count; i++) {
		struct candidate *candidate = &sweep->candidates[sweep->requests[i].index];
		const char *text = request_text(sweep, i);
		size_t score = name_score(text);
		if (text[0] == '\0' || (candidate->name != 0 && score >= candidate->score))
			continue;
		candidate->name = sweep->requests[i].name;
		candidate->score = score;
	}
}

static void names_give(struct sweep *sweep)
{
	size_t count = 0;

	for (size_t i = 0; i < sweep->list->count; i++) {
		if (sweep->candidates[i].name != 0)
			sweep->requests[count++] =
				(struct request){sweep->candidates[i].name, (uint32_t)i};
	}
	qsort(sweep->requests, count, sizeof(*sweep->requests), request_compare);
	for (size_t i = 0; i < count; i++) {
		char *text = request_text(sweep, i);
		char *version = strchr(text, '@');
		if (version != NULL && version != text)
			*version = '\0';
		unnamed_give(sweep->list, sweep->requests[i].index, text, "");
	}
}

void symtab_resolve(const struct symtab *table, struct unnamed *list)
{
	struct sweep sweep = {.table = table, .list = list, .offers_left = OFFERS_MAX};

	if (list->count == 0)
		return;
	sweep.candidates = calloc(list->count, sizeof(*sweep.candidates));
	sweep.requests = calloc(list->count, ALIASES_MAX * sizeof(*sweep.requests));
	sweep.window = malloc(WINDOW_SYMBOLS * sizeof(*sweep.window));
	sweep.text = malloc(UNNAMED_NAME_MAX);
	if (sweep.candidates != NULL && sweep.requests != NULL && sweep.window != NULL &&
	    sweep.text != NULL) {
		table_sweep(&sweep);
		if (table->is_whole)
			unsized_settle(&sweep);
		aliases_settle(&sweep);
		names_give(&sweep);
		unnamed_compact(list);
	}
	free(sweep.candidates);
	free(sweep.requests);
	free(sweep.window);
	free(sweep.text);
}
