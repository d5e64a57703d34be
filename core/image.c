/* SPDX-License-Identifier: Apache-2.0 */
/* image.c -- program headers, compared with where the kernel says their bytes are. */
#include "core/image.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t PAGE = 4096;

static uint64_t page_of(uint64_t address)
{
	return address & ~(PAGE - 1);
}

/* A device's memory may answer a read by doing something. */
static bool is_worth_reading(const char *path)
{
	if (!strncmp(path, "/dev/", 5))
		return !strncmp(path, "/dev/shm/", 9);
	return path[0] == '/' || !strcmp(path, "[vdso]");
}

/* The path may name another file by now, or hold an escaped newline: then there is no file. Only
 * the inode is compared, since layered file systems report another device here than in maps. */
static bool open_file(struct elf *elf, const struct mapping *mapping, const struct image_file *file)
{
	struct stat status;

	if (!file->inode || elf_open_file(elf, mapping->path))
		return false;
	if (!fstat(elf->fd, &status) && (uint64_t)status.st_ino == file->inode)
		return true;
	elf_close(elf);
	return false;
}

static bool open_image(struct elf *elf, const struct mapping *mapping, int memory_fd,
		       const struct image_file *file)
{
	uint64_t size = mapping->image_limit - mapping->image;
	return (memory_fd >= 0 && !elf_open_memory(elf, memory_fd, mapping->image, size)) ||
	       open_file(elf, mapping, file);
}

/* The segment that begins the file begins the image. */
static bool find_bias(const struct elf *elf, uint64_t image, uint64_t *bias)
{
	Elf64_Phdr load;

	for (unsigned i = 0; elf_segment(elf, PT_LOAD, i, &load); i++) {
		if (page_of(load.p_offset) == 0) {
			*bias = image - page_of(load.p_vaddr);
			return true;
		}
	}
	return false;
}

/* Whether this mapping is where its image, with this bias, wants code of that offset. It is not
 * when the file was mapped by hand, or when it holds another file. */
static bool is_in_place(const struct elf *elf, const struct mapping *mapping, uint64_t bias)
{
	Elf64_Phdr load;

	for (unsigned i = 0; elf_segment(elf, PT_LOAD, i, &load); i++) {
		uint64_t offset = mapping->offset - page_of(load.p_offset);

		if ((load.p_flags & PF_X) && mapping->offset >= page_of(load.p_offset) &&
		    offset < load.p_filesz + PAGE &&
		    mapping->start == bias + page_of(load.p_vaddr) + offset)
			return true;
	}
	return false;
}

static void find_table(const struct elf *elf, struct mapping *mapping)
{
	Elf64_Phdr header;
	uint64_t start;

	if (!elf_segment(elf, PT_GNU_EH_FRAME, 0, &header))
		return;
	start = mapping->bias + header.p_vaddr;
	if (start < mapping->image || start >= mapping->image_limit ||
	    header.p_memsz > mapping->image_limit - start)
		return;
	mapping->table = start;
	mapping->table_size = header.p_memsz;
}

/* No segment leads to the frame descriptions of such an object, only the file's section headers do.
 * The file must be what was mapped: beside the inode, headers and build id are compared. */
static void find_frames(const struct elf *elf, struct mapping *mapping,
			const struct image_file *file)
{
	uint8_t id[ELF_BUILD_ID_MAX];
	Elf64_Shdr section;
	struct elf whole;
	uint64_t start;

	if (!open_file(&whole, mapping, file))
		return;
	if (!memcmp(&whole.header, &elf->header, sizeof(elf->header)) &&
	    elf_build_id(&whole, id) == mapping->build_id_size &&
	    !memcmp(id, mapping->build_id, mapping->build_id_size) &&
	    elf_section(&whole, ".eh_frame", &section) && (section.sh_flags & SHF_ALLOC)) {
		start = mapping->bias + section.sh_addr;
		if (start >= mapping->image && start < mapping->image_limit &&
		    section.sh_size <= mapping->image_limit - start) {
			mapping->frames = start;
			mapping->frames_size = section.sh_size;
		}
	}
	elf_close(&whole);
}

void image_probe(struct mapping *mapping, int memory_fd, const struct image_file *file)
{
	struct elf elf;

	mapping->is_elf = false;
	mapping->table = 0;
	mapping->table_size = 0;
	mapping->frames = 0;
	mapping->frames_size = 0;
	mapping->build_id_size = 0;
	if (!is_worth_reading(mapping->path) || !open_image(&elf, mapping, memory_fd, file))
		return;
	if (find_bias(&elf, mapping->image, &mapping->bias) &&
	    is_in_place(&elf, mapping, mapping->bias)) {
		find_table(&elf, mapping);
		mapping->build_id_size = elf_build_id(&elf, mapping->build_id);
		if (!mapping->table)
			find_frames(&elf, mapping, file);
		mapping->is_elf = true;
	}
	elf_close(&elf);
}

static bool select_file(struct image_file_reader *reader, const struct mapping *mapping,
			const struct image_file *file)
{
	if (reader->is_open && reader->image == mapping->image)
		return true;
	image_close_file(reader);
	reader->is_open = open_file(&reader->elf, mapping, file);
	reader->image = mapping->image;
	return reader->is_open;
}

static bool read_page(const struct elf *elf, uint64_t offset, uint8_t *to)
{
	uint64_t rest;

	if (offset >= elf->size)
		return false;
	rest = elf->size - offset;
	/* Beyond the end of the file a mapped page is zero. */
	memset(to, 0, PAGE);
	return elf_read(elf, offset, to, rest < PAGE ? rest : PAGE);
}

bool image_read_file(struct image_file_reader *reader, const struct mapping *mapping,
		     const struct image_file *file, uint64_t address, uint8_t *to)
{
	uint64_t wanted = address - mapping->bias;
	Elf64_Phdr load;

	if (!select_file(reader, mapping, file))
		return false;
	for (unsigned i = 0; elf_segment(&reader->elf, PT_LOAD, i, &load); i++) {
		uint64_t start = page_of(load.p_vaddr);

		if (wanted >= start && wanted - start < load.p_filesz + (load.p_vaddr - start))
			return read_page(&reader->elf, page_of(load.p_offset) + wanted - start, to);
	}
	return false;
}

void image_close_file(struct image_file_reader *reader)
{
	if (reader->is_open)
		elf_close(&reader->elf);
	reader->is_open = false;
}
