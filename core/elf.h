/* SPDX-License-Identifier: Apache-2.0 */
/* elf.h -- bounds-checked reading of 64-bit little-endian ELF, from a file or from our own memory.
 *
 * Everything goes through pread, never through a mapping: a file that shrinks under a mapping
 * raises SIGBUS in the host, and memory that dlclose takes away raises SIGSEGV. A short or failed
 * read costs a name. Every number in the file is untrusted.
 */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_BUILD_ID_MAX = 64 };

/* Exactly len bytes at offset into to; false when any of them cannot be had. */
typedef bool elf_reader(void *context, uint64_t offset, void *to, size_t len);

struct elf {
	int fd;
	bool owns_fd;
	elf_reader *read; /* takes the place of fd when not NULL */
	void *context;
	uint64_t base; /* added to every offset: 0 in a file, the load address in memory */
	uint64_t size; /* bytes that may be read from base */
	Elf64_Ehdr header;
};

/* [worker] Opens the file at path, a regular one. 0, or -errno (-ENOEXEC: not such an ELF). */
int elf_open_file(struct elf *, const char *path);
/* [worker] Reads the image of size bytes at base through memory_fd (/proc/self/mem), which stays
 * the caller's. Sections are rarely present there. 0, or -errno. */
int elf_open_memory(struct elf *, int memory_fd, uint64_t base, uint64_t size);
/* [worker] Reads through the caller's function, which is never asked beyond size and which must
 * live until elf_close. The bytes are laid out as in a file. 0, or -errno. */
int elf_open_reader(struct elf *, elf_reader *, void *context, uint64_t size);
/* [worker] Gives back what an open took; harmless after a failed open. */
void elf_close(struct elf *);
/* [worker] Exactly len bytes at offset into to; false when any of them cannot be read. */
bool elf_read(const struct elf *, uint64_t offset, void *to, size_t len);
/* [worker] The nth (from 0) program header of this type. */
bool elf_segment(const struct elf *, uint32_t type, unsigned nth, Elf64_Phdr *);
/* [worker] The section of this name, whose bytes lie inside the file unless it is SHT_NOBITS. */
bool elf_section(const struct elf *, const char *name, Elf64_Shdr *);
/* [worker] The section of this index, bounded in the same way. */
bool elf_section_at(const struct elf *, uint64_t index, Elf64_Shdr *);
/* [worker] The GNU build id (PT_NOTE, else .note.gnu.build-id); its length, 0 when there is none.
 */
size_t elf_build_id(const struct elf *, uint8_t id[ELF_BUILD_ID_MAX]);
