/* SPDX-License-Identifier: Apache-2.0 */
/* elf.c -- bounds-checked reading of 64-bit little-endian ELF, from a file or from memory. */
#include "core/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What real objects have is a tenth of this; a hostile header buys no more work than that. */
enum { SEGMENTS_MAX = 256, SECTIONS_MAX = 4096, NOTES_MAX = 256, NAME_MAX_SIZE = 64 };
/* Headers are read this many at a time. */
enum { WINDOW = 16 };

#if defined(__aarch64__)
enum { NATIVE_MACHINE = EM_AARCH64 };
#else
enum { NATIVE_MACHINE = EM_X86_64 };
#endif

static bool range_is_inside(uint64_t offset, uint64_t len, uint64_t size)
{
	return len <= size && offset <= size - len;
}

bool elf_read(const struct elf *elf, uint64_t offset, void *to, size_t len)
{
	if (!range_is_inside(offset, len, elf->size))
		return false;
	if (elf->read != NULL)
		return elf->read(elf->context, offset, to, len);
	uint64_t at = elf->base + offset; /* cannot wrap: header_check keeps base + size in off_t */
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(elf->fd, (char *)to + done, len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static int header_check(struct elf *elf)
{
	const Elf64_Ehdr *header = &elf->header;

	if (elf->size > INT64_MAX || elf->base > INT64_MAX - elf->size)
		return -EINVAL;
	if (!elf_read(elf, 0, &elf->header, sizeof(elf->header)))
		return -ENOEXEC;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
		return -ENOEXEC;
	if (header->e_machine != NATIVE_MACHINE ||
	    (header->e_type != ET_EXEC && header->e_type != ET_DYN))
		return -ENOEXEC;
	if (header->e_phnum != 0 && header->e_phentsize != sizeof(Elf64_Phdr))
		return -ENOEXEC;
	if (header->e_shoff != 0 && header->e_shentsize != sizeof(Elf64_Shdr))
		return -ENOEXEC;
	return 0;
}

int elf_open_file(struct elf *elf, const char *path)
{
	struct stat status;
	int error;

	/* O_NONBLOCK: opening a FIFO that took the file's place must not wait for a writer. */
	*elf = (struct elf){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	if (elf->fd < 0)
		return -errno;
	elf->owns_fd = true;
	if (fstat(elf->fd, &status) != 0) {
		error = -errno;
	} else if (!S_ISREG(status.st_mode)) {
		error = -ENOEXEC;
	} else {
		elf->size = (uint64_t)status.st_size;
		error = header_check(elf);
	}
	if (error != 0)
		elf_close(elf);
	return error;
}

int elf_open_memory(struct elf *elf, int memory_fd, uint64_t base, uint64_t size)
{
	*elf = (struct elf){.fd = memory_fd, .base = base, .size = size};
	int error = header_check(elf);
	if (error != 0)
		elf_close(elf);
	return error;
}

int elf_open_reader(struct elf *elf, elf_reader *read, void *context, uint64_t size)
{
	*elf = (struct elf){.fd = -1, .read = read, .context = context, .size = size};
	int error = header_check(elf);
	if (error != 0)
		elf_close(elf);
	return error;
}

void elf_close(struct elf *elf)
{
	if (elf->owns_fd)
		close(elf->fd);
	*elf = (struct elf){.fd = -1};
}

bool elf_segment(const struct elf *elf, uint32_t type, unsigned nth, Elf64_Phdr *found)
{
	Elf64_Phdr window[WINDOW] = {0};
	unsigned count = elf->header.e_phnum;

	if (count > SEGMENTS_MAX)
		return false;
	for (unsigned i = 0; i < count; i++) {
		unsigned in_window = i % WINDOW;
		if (in_window == 0) {
			unsigned len = count - i < WINDOW ? count - i : WINDOW;
			uint64_t at = elf->header.e_phoff + i * sizeof(*window);
			if (at < elf->header.e_phoff ||
			    !elf_read(elf, at, window, len * sizeof(*window)))
				return false;
		}
		if (window[in_window].p_type != type || nth-- != 0)
			continue;
		*found = window[in_window];
		return true;
	}
	return false;
}

static bool section_is_bounded(const struct elf *elf, const Elf64_Shdr *section)
{
	return section->sh_type == SHT_NOBITS ||
	       range_is_inside(section->sh_offset, section->sh_size, elf->size);
}

static bool section_read(const struct elf *elf, uint64_t index, Elf64_Shdr *section)
{
	/* index is below SECTIONS_MAX, so only the sum can wrap. */
	uint64_t at = elf->header.e_shoff + index * sizeof(*section);
	return at >= elf->header.e_shoff && elf_read(elf, at, section, sizeof(*section));
}

/* Numbers that do not fit the header's 16 bits stand in section 0 (gABI, "extended numbering"). */
static bool sections_measure(const struct elf *elf, uint64_t *count, uint64_t *names)
{
	Elf64_Shdr first;

	if (elf->header.e_shoff == 0 || !section_read(elf, 0, &first))
		return false;
	*count = elf->header.e_shnum != 0 ? elf->header.e_shnum : first.sh_size;
	*names = elf->header.e_shstrndx;
	if (*names == SHN_XINDEX)
		*names = first.sh_link;
	return *count <= SECTIONS_MAX;
}

bool elf_section_at(const struct elf *elf, uint64_t index, Elf64_Shdr *found)
{
	uint64_t count;
	uint64_t names;

	return sections_measure(elf, &count, &names) && index != SHN_UNDEF && index < count &&
	       section_read(elf, index, found) && section_is_bounded(elf, found);
}

static bool section_is_named(const struct elf *elf, const Elf64_Shdr *names,
			     const Elf64_Shdr *section, const char *name)
{
	char text[NAME_MAX_SIZE];
	size_t len = strlen(name) + 1;

	return len <= sizeof(text) && range_is_inside(section->sh_name, len, names->sh_size) &&
	       elf_read(elf, names->sh_offset + section->sh_name, text, len) &&
	       memcmp(text, name, len) == 0;
}

bool elf_section(const struct elf *elf, const char *name, Elf64_Shdr *found)
{
	Elf64_Shdr window[WINDOW] = {0};
	Elf64_Shdr names;
	uint64_t names_index;
	uint64_t count;

	if (!sections_measure(elf, &count, &names_index) ||
	    !elf_section_at(elf, names_index, &names) || names.sh_type == SHT_NOBITS)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t in_window = i % WINDOW;
		uint64_t len = (count - i < WINDOW ? count - i : WINDOW) * sizeof(*window);
		uint64_t at = elf->header.e_shoff + i * sizeof(*window);
		if (in_window == 0 && !elf_read(elf, at, window, len))
			return false;
		if (!section_is_named(elf, &names, &window[in_window], name))
			continue;
		*found = window[in_window];
		return section_is_bounded(elf, found);
	}
	return false;
}

static uint64_t padded(uint64_t size, uint64_t align)
{
	return (size + align - 1) & ~(align - 1); /* sizes are 32 bits wide: no overflow */
}

/* left is of all notes of the object. */
static size_t notes_find_build_id(const struct elf *elf, const Elf64_Phdr *segment, unsigned *left,
				  uint8_t id[ELF_BUILD_ID_MAX])
{
	uint64_t offset = segment->p_offset, size = segment->p_filesz;
	static const char owner[4] = "GNU";
	struct {
		Elf64_Nhdr header;
		char name[sizeof(owner)];
	} note;

	/* as binutils reads them, whatever else p_align says */
	uint64_t align = segment->p_align == 8 ? 8 : 4;
	if (!range_is_inside(offset, size, elf->size))
		return 0;
	for (; *left != 0 && size >= sizeof(note); (*left)--) {
		if (!elf_read(elf, offset, &note, sizeof(note)))
			return 0;
		uint64_t desc = padded(sizeof(note.header) + (uint64_t)note.header.n_namesz, align);
		uint64_t next = desc + padded(note.header.n_descsz, align);
		if (note.header.n_type == NT_GNU_BUILD_ID &&
		    note.header.n_namesz == sizeof(owner) &&
		    memcmp(note.name, owner, sizeof(owner)) == 0) {
			size_t len = note.header.n_descsz;
			bool usable = len <= ELF_BUILD_ID_MAX && range_is_inside(desc, len, size);
			return usable && elf_read(elf, offset + desc, id, len) ? len : 0;
		}
		if (next > size)
			return 0;
		offset += next;
		size -= next;
	}
	return 0;
}

/* The address that the first byte was linked for: what a segment of a memory image counts from. */
static uint64_t header_address(const struct elf *elf)
{
	Elf64_Phdr load;

	for (unsigned i = 0; elf_segment(elf, PT_LOAD, i, &load); i++) {
		if (load.p_offset == 0)
			return load.p_vaddr;
	}
	return 0;
}

size_t elf_build_id(const struct elf *elf, uint8_t id[ELF_BUILD_ID_MAX])
{
	bool in_memory = !elf->owns_fd && elf->read == NULL;
	unsigned left = NOTES_MAX;
	uint64_t header = in_memory ? header_address(elf) : 0;
	Elf64_Phdr note;
	Elf64_Shdr section;

	for (unsigned i = 0; left != 0 && elf_segment(elf, PT_NOTE, i, &note); i++) {
		if (in_memory)
			note.p_offset = note.p_vaddr - header;
		size_t len = notes_find_build_id(elf, &note, &left, id);
		if (len != 0)
			return len;
	}
	if (!elf_section(elf, ".note.gnu.build-id", &section) || section.sh_type != SHT_NOTE)
		return 0;
	note = (Elf64_Phdr){.p_offset = section.sh_offset,
			    .p_filesz = section.sh_size,
			    .p_align = section.sh_addralign};
	return notes_find_build_id(elf, &note, &left, id);
}
