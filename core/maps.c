/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c -- the snapshot of /proc/self/maps, kept up by merging each reading into the last.
 *
 * Both descriptors are opened once: they stay good when the host changes its root, its identity
 * or its dumpable flag. Those of thread-self stay good when the main thread has exited.
 */
#include "core/maps.h"

#include "core/image.h"
#include "core/maps_line.h"
#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PATH_BYTES_MAX = 1 << 20, /* of all mappings together */
	TEXT_SIZE = 16 << 10,	  /* holds the longest line: 4 KiB of path and its numbers */
};

struct entry {
	struct mapping mapping;
	struct image_file file;
	bool probed; /* whether the fields under is_elf were looked for */
	size_t path_size;
	char path[];
};

struct range {
	uint64_t start, limit;
	struct entry *entry;
};

struct maps {
	int text_fd;
	int memory_fd;
	struct memory *memory;
	struct entry **all; /* by id; NULL: nobody has it */
	size_t hole;	    /* no id below is free */
	size_t count;
	struct range *now; /* mapped now, ascending */
	size_t now_count;
	struct range *next; /* what the pass under way has seen */
	size_t capacity;    /* of all, now and next */
	size_t path_bytes;
	uint64_t dropped;
	uint64_t serial; /* of the mapping that was last created */
	struct image_file_reader reader;
	uint64_t *credit; /* that reads are charged to, or NULL */
	size_t text_used;
	char text[TEXT_SIZE];
};

/* One reading: lines come in ascending order and are merged with what was there. */
struct pass {
	struct maps *maps;
	size_t old; /* the first of maps->now that no line has reached yet */
	size_t next_count;
	size_t lines;
	bool changed;
	uint64_t limit; /* of the last line */
	struct image_file file;
	uint64_t image; /* where the file of the last line begins */
	size_t run;	/* the first of maps->next that belongs to that file */
};

static int open_own(const char *of_thread, const char *of_process)
{
	int fd = open(of_thread, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? open(of_process, O_RDONLY | O_CLOEXEC) : fd;
}

/* What a read costs, in steps: as much as looking at so many words, and a block's system call. */
enum { READ_STEPS = 1, STEP_SIZE = 8, BLOCK_STEPS = 32 };

/* False when there is not that much left. */
static bool charge(const struct maps *maps, uint64_t steps)
{
	if (!maps->credit)
		return true;
	if (*maps->credit < steps) {
		*maps->credit = 0;
		return false;
	}
	*maps->credit -= steps;
	return true;
}

static bool read_own_memory(const struct maps *maps, uint64_t address, uint8_t *to)
{
	ssize_t got;

	do
		got = pread(maps->memory_fd, to, MEMORY_BLOCK_SIZE, (off_t)address);
	while (got < 0 && errno == EINTR);
	return got == MEMORY_BLOCK_SIZE;
}

/* The mapping whose image holds address, which need not be in the executable part. */
static const struct entry *image_at(const struct maps *maps, uint64_t address)
{
	for (size_t i = 0; i < maps->now_count; i++) {
		const struct mapping *mapping = &maps->now[i].entry->mapping;

		if (mapping->is_elf && address >= mapping->image && address < mapping->image_limit)
			return maps->now[i].entry;
	}
	return NULL;
}

static bool fill_block(void *context, uint64_t address, uint8_t *to)
{
	struct maps *maps = context;
	const struct entry *entry;

	if (!charge(maps, BLOCK_STEPS))
		return false;
	if (maps->memory_fd >= 0)
		return read_own_memory(maps, address, to);
	entry = image_at(maps, address);
	return entry && image_read_file(&maps->reader, &entry->mapping, &entry->file, address, to);
}

struct maps *maps_create(void)
{
	struct maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return NULL;
	maps->memory = memory_create(fill_block, maps);
	if (!maps->memory) {
		free(maps);
		return NULL;
	}
	maps_open(maps);
	return maps;
}

void maps_open(struct maps *maps)
{
	maps->text_fd = open_own("/proc/thread-self/maps", "/proc/self/maps");
	maps->memory_fd = open_own("/proc/thread-self/mem", "/proc/self/mem");
}

void maps_close(struct maps *maps)
{
	if (maps->text_fd >= 0)
		close(maps->text_fd);
	if (maps->memory_fd >= 0)
		close(maps->memory_fd);
	maps->text_fd = maps->memory_fd = -1;
	image_close_file(&maps->reader);
}

void maps_destroy(struct maps *maps)
{
	if (!maps)
		return;
	for (size_t i = 0; i < maps->count; i++)
		free(maps->all[i]);
	maps_close(maps);
	memory_destroy(maps->memory);
	free(maps->all);
	free(maps->now);
	free(maps->next);
	free(maps);
}

static uint32_t free_id(struct maps *maps)
{
	while (maps->hole < maps->count && maps->all[maps->hole])
		maps->hole++;
	return (uint32_t)maps->hole;
}

/* The three tables grow together, so that a pass never runs out of room in one of them alone. */
static bool grow(struct maps *maps)
{
	size_t capacity = maps->capacity ? 2 * maps->capacity : 64;
	struct entry **all;
	struct range *now;
	struct range *next;

	if (maps->count < maps->capacity || free_id(maps) < maps->count)
		return true;
	if (capacity > MAPS_MAX)
		return false;
	all = realloc(maps->all, capacity * sizeof(void *));
	maps->all = all ? all : maps->all;
	now = realloc(maps->now, capacity * sizeof(*now));
	maps->now = now ? now : maps->now;
	next = realloc(maps->next, capacity * sizeof(*next));
	maps->next = next ? next : maps->next;
	if (!all || !now || !next)
		return false;
	maps->capacity = capacity;
	return true;
}

static struct entry *entry_create(struct pass *pass, const struct maps_line *line)
{
	struct maps *maps = pass->maps;
	struct entry *entry;

	if (!grow(maps) || line->path_size > PATH_BYTES_MAX - maps->path_bytes)
		return NULL;
	entry = calloc(1, sizeof(*entry) + line->path_size + 1);
	if (!entry)
		return NULL;
	uint32_t id = free_id(maps);
	memcpy(entry->path, line->path, line->path_size);
	entry->path_size = line->path_size;
	entry->file = (struct image_file){line->device, line->inode};
	entry->mapping = (struct mapping){
		.id = id,
		.serial = ++maps->serial,
		.start = line->start,
		.limit = line->limit,
		.offset = line->offset,
		.image_limit = line->limit,
		.path = entry->path,
	};
	maps->path_bytes += entry->path_size;
	maps->all[id] = entry;
	maps->count += id == maps->count;
	pass->changed = true;
	return entry;
}

static bool is_same_file(const struct image_file *a, const struct image_file *b)
{
	return a->device == b->device && a->inode == b->inode;
}

static bool is_same(const struct entry *entry, const struct maps_line *line)
{
	const struct mapping *mapping = &entry->mapping;

	return mapping->start == line->start && mapping->limit == line->limit &&
	       mapping->offset == line->offset && entry->file.device == line->device &&
	       entry->file.inode == line->inode && entry->path_size == line->path_size &&
	       !memcmp(entry->path, line->path, line->path_size);
}

static void entry_remove(struct pass *pass, struct entry *entry)
{
	entry->mapping.gone = true;
	pass->changed = true;
}

/* What was there below the line is there no more; what is the same keeps its id. */
static struct entry *entry_kept(struct pass *pass, const struct maps_line *line)
{
	struct maps *maps = pass->maps;

	while (pass->old < maps->now_count && maps->now[pass->old].start <= line->start) {
		struct entry *entry = maps->now[pass->old++].entry;

		if (is_same(entry, line))
			return entry;
		entry_remove(pass, entry);
	}
	return NULL;
}

static void entry_bound(struct pass *pass, struct entry *entry, uint64_t image, uint64_t limit)
{
	struct mapping *mapping = &entry->mapping;

	if (mapping->image == image && mapping->image_limit == limit)
		return;
	mapping->image = image;
	mapping->image_limit = limit;
	mapping->is_elf = false;
	entry->probed = false;
	pass->changed = true;
}

/* The file's last mapping has been seen: only now is it known how far its image reaches. */
static void run_end(struct pass *pass)
{
	struct range *next = pass->maps->next;

	for (; pass->run < pass->next_count; pass->run++) {
		struct entry *entry = next[pass->run].entry;

		entry_bound(pass, entry, entry->mapping.image, pass->limit);
	}
}

static void run_follow(struct pass *pass, const struct maps_line *line)
{
	struct image_file file = {line->device, line->inode};

	if (!line->inode || !is_same_file(&file, &pass->file)) {
		run_end(pass);
		pass->file = file;
		pass->image = line->start;
	} else if (!line->offset) {
		pass->image = line->start;
	}
	pass->limit = line->limit;
}

static void pass_line(struct pass *pass, const struct maps_line *line)
{
	struct maps *maps = pass->maps;
	struct entry *entry;

	pass->lines++;
	/* The kernel's text ascends; what does not is not the kernel's. */
	if (line->start < pass->limit || line->start >= line->limit)
		return;
	run_follow(pass, line);
	if (!line->is_executable)
		return;
	entry = entry_kept(pass, line);
	if (!entry)
		entry = entry_create(pass, line);
	if (!entry) {
		maps->dropped++;
		return;
	}
	/* A new limit of the image waits for run_end. */
	entry_bound(pass, entry, pass->image, entry->mapping.image_limit);
	maps->next[pass->next_count++] = (struct range){line->start, line->limit, entry};
}

/* After a reading that broke off, the rest of what was known is kept: better stale than lost. */
static int pass_end(struct pass *pass, int error)
{
	struct maps *maps = pass->maps;
	struct range *now = maps->now;

	run_end(pass);
	for (; pass->old < maps->now_count; pass->old++) {
		if (!error)
			entry_remove(pass, now[pass->old].entry);
		else
			maps->next[pass->next_count++] = now[pass->old];
	}
	maps->now = maps->next;
	maps->now_count = pass->next_count;
	maps->next = now;
	if (pass->changed) {
		memory_flush(maps->memory);
		image_close_file(&maps->reader);
	}
	return error ? error : pass->changed;
}

/* Takes the whole lines out of text; returns how many bytes they were. */
static size_t pass_text(struct pass *pass, const char *text, size_t size)
{
	size_t used = 0;
	const char *end;

	while ((end = memchr(text + used, '\n', size - used))) {
		struct maps_line line;
		size_t len = (size_t)(end - (text + used));

		if (maps_line_parse(&line, text + used, len))
			pass_line(pass, &line);
		used += len + 1;
	}
	return used;
}

int maps_parse(struct maps *maps, const char *text, size_t size)
{
	struct pass pass = {.maps = maps};

	maps->dropped = 0;
	pass_text(&pass, text, size);
	return pass_end(&pass, 0);
}

static int pass_file(struct pass *pass)
{
	struct maps *maps = pass->maps;
	size_t held = 0;

	if (lseek(maps->text_fd, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		ssize_t got = read(maps->text_fd, maps->text + held, TEXT_SIZE - held);
		size_t used;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		held += (size_t)got;
		used = pass_text(pass, maps->text, held);
		/* No such line comes from the kernel; without room the reading could not go on. */
		if (!used && held == TEXT_SIZE)
			return -EOVERFLOW;
		held -= used;
		memmove(maps->text, maps->text + used, held);
	}
}

int maps_refresh(struct maps *maps)
{
	struct pass pass = {.maps = maps};
	int error;

	if (maps->text_fd < 0) {
		maps->text_fd = open_own("/proc/thread-self/maps", "/proc/self/maps");
		if (maps->text_fd < 0)
			return -errno;
	}
	maps->dropped = 0;
	error = pass_file(&pass);
	/* A process always has mappings: an empty text means that this one is ending. */
	if (!error && !pass.lines)
		error = -ESRCH;
	return pass_end(&pass, error);
}

uint64_t maps_dropped(const struct maps *maps)
{
	return maps->dropped;
}

static const struct mapping *entry_probed(const struct maps *maps, struct entry *entry)
{
	if (!entry->probed) {
		entry->probed = true;
		image_probe(&entry->mapping, maps->memory_fd, &entry->file);
	}
	return &entry->mapping;
}

const struct mapping *maps_find(const struct maps *maps, uint64_t address)
{
	size_t low = 0;
	size_t high = maps->now_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (maps->now[middle].limit <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == maps->now_count || maps->now[low].start > address)
		return NULL;
	return entry_probed(maps, maps->now[low].entry);
}

const struct mapping *maps_at(const struct maps *maps, uint32_t id)
{
	return id < maps->count && maps->all[id] ? &maps->all[id]->mapping : NULL;
}

uint32_t maps_id_limit(const struct maps *maps)
{
	return (uint32_t)maps->count;
}

void maps_forget(struct maps *maps, const bool *used)
{
	for (size_t i = 0; i < maps->count; i++) {
		struct entry *entry = maps->all[i];

		if (!entry || !entry->mapping.gone || (used && used[i]))
			continue;
		maps->path_bytes -= entry->path_size;
		free(entry);
		maps->all[i] = NULL;
	}
	while (maps->count && !maps->all[maps->count - 1])
		maps->count--;
	maps->hole = 0;
}

void maps_charge(struct maps *maps, uint64_t *credit)
{
	maps->credit = credit;
}

bool maps_read(struct maps *maps, uint64_t address, void *to, size_t len)
{
	return charge(maps, READ_STEPS + len / STEP_SIZE) &&
	       memory_read(maps->memory, address, to, len);
}
