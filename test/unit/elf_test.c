/* SPDX-License-Identifier: Apache-2.0 */
/* elf_test.c -- real objects are read, anything else costs nothing but an error. */
#include "core/elf.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file made of bytes, at a path that elf_open_file takes. */
struct file {
	int fd;
	char path[64];
};

static struct file file_of(const void *bytes, size_t size)
{
	struct file file = {.fd = memfd_create("elf_test", 0)};

	ck_assert_int_ge(file.fd, 0);
	ck_assert_int_eq(write(file.fd, bytes, size), (ssize_t)size);
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

static uint8_t *self_bytes(size_t *size)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat status;

	ck_assert_int_eq(fstat(fd, &status), 0);
	uint8_t *bytes = malloc((size_t)status.st_size);
	ck_assert_int_eq(read(fd, bytes, (size_t)status.st_size), status.st_size);
	close(fd);
	*size = (size_t)status.st_size;
	return bytes;
}

START_TEST(own_file_is_read)
{
	struct elf elf;
	Elf64_Phdr segment;
	Elf64_Shdr section;
	char magic[4];

	ck_assert_int_eq(elf_open_file(&elf, "/proc/self/exe"), 0);
	ck_assert(elf_read(&elf, 0, magic, 4));
	ck_assert_int_eq(memcmp(magic, "\177ELF", 4), 0);
	ck_assert(elf_segment(&elf, PT_LOAD, 0, &segment));
	ck_assert_uint_eq(segment.p_type, PT_LOAD);
	ck_assert(elf_segment(&elf, PT_LOAD, 1, &segment));
	ck_assert(!elf_segment(&elf, PT_LOAD, 1000, &segment));
	ck_assert(elf_segment(&elf, PT_DYNAMIC, 0, &segment));
	ck_assert(!elf_segment(&elf, PT_DYNAMIC, 1, &segment));
	ck_assert(elf_section(&elf, ".symtab", &section));
	ck_assert_uint_eq(section.sh_type, SHT_SYMTAB);
	ck_assert(elf_section(&elf, ".bss", &section));
	ck_assert_uint_eq(section.sh_type, SHT_NOBITS);
	ck_assert(!elf_section(&elf, ".symta", &section));
	ck_assert(!elf_section(&elf, ".symtabs", &section));
	ck_assert(elf_section_at(&elf, elf.header.e_shstrndx, &section));
	ck_assert_uint_eq(section.sh_type, SHT_STRTAB);
	ck_assert(!elf_section_at(&elf, 0, &section));
	ck_assert(!elf_section_at(&elf, elf.header.e_shnum, &section));
	elf_close(&elf);
}
END_TEST

START_TEST(reads_beyond_the_end_fail)
{
	struct elf elf;
	uint8_t bytes[16];

	ck_assert_int_eq(elf_open_file(&elf, "/proc/self/exe"), 0);
	ck_assert(elf_read(&elf, elf.size - 16, bytes, 16));
	ck_assert(elf_read(&elf, elf.size, bytes, 0));
	ck_assert(!elf_read(&elf, elf.size - 15, bytes, 16));
	ck_assert(!elf_read(&elf, elf.size, bytes, 1));
	ck_assert(!elf_read(&elf, UINT64_MAX, bytes, 16));
	ck_assert(!elf_read(&elf, UINT64_MAX - 15, bytes, 16));
	ck_assert(!elf_read(&elf, 16, bytes, SIZE_MAX));
	elf_close(&elf);
}
END_TEST

START_TEST(file_that_shrinks_costs_a_read)
{
	size_t size;
	uint8_t *bytes = self_bytes(&size);
	struct file file = file_of(bytes, size);
	struct elf elf;
	uint8_t last;

	ck_assert_int_eq(elf_open_file(&elf, file.path), 0);
	ck_assert(elf_read(&elf, size - 1, &last, 1));
	ck_assert_int_eq(ftruncate(file.fd, 100), 0);
	ck_assert(!elf_read(&elf, size - 1, &last, 1));
	ck_assert(!elf_read(&elf, 90, bytes, 20));
	elf_close(&elf);
	close(file.fd);
	free(bytes);
}
END_TEST

START_TEST(what_is_no_regular_elf_file_is_refused)
{
	static const char *const paths[] = {"/tmp", "/dev/null", "/dev/zero", "/etc/passwd",
					    "/proc/self/maps"};
	char fifo[] = "/tmp/elf_test.XXXXXX";
	struct elf elf;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		ck_assert_int_eq(elf_open_file(&elf, paths[i]), -ENOEXEC);
	ck_assert_int_eq(elf_open_file(&elf, "/nonexistent"), -ENOENT);
	ck_assert_ptr_nonnull(mkdtemp(fifo));
	rmdir(fifo);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(elf_open_file(&elf, fifo), -ENOEXEC); /* without waiting for a writer */
	unlink(fifo);
	elf_close(&elf); /* harmless */
	elf_close(&elf);
}
END_TEST

START_TEST(foreign_objects_are_refused)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} changes[] = {{0, 'E'},
		       {EI_CLASS, ELFCLASS32},
		       {EI_DATA, ELFDATA2MSB},
		       {offsetof(Elf64_Ehdr, e_machine), EM_386},
		       {offsetof(Elf64_Ehdr, e_type), ET_CORE},
		       {offsetof(Elf64_Ehdr, e_type), ET_REL},
		       {offsetof(Elf64_Ehdr, e_phentsize), 32},
		       {offsetof(Elf64_Ehdr, e_shentsize), 40}};
	size_t size;
	uint8_t *bytes = self_bytes(&size);
	struct elf elf;

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		uint8_t before = bytes[changes[i].offset];
		bytes[changes[i].offset] = changes[i].value;
		struct file file = file_of(bytes, size);
		ck_assert_int_eq(elf_open_file(&elf, file.path), -ENOEXEC);
		close(file.fd);
		bytes[changes[i].offset] = before;
	}
	for (size_t len = 0; len < sizeof(Elf64_Ehdr); len++) {
		struct file file = file_of(bytes, len);
		ck_assert_int_eq(elf_open_file(&elf, file.path), -ENOEXEC);
		close(file.fd);
	}
	free(bytes);
}
END_TEST

/* The linker's own answer. */
static size_t readelf_build_id(char *hex, size_t size)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "readelf -n /proc/%d/exe | sed -n 's/.*Build ID: //p' | tr -d '\\n'", getpid());
	FILE *pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	size_t len = fread(hex, 1, size - 1, pipe);
	hex[len] = '\0';
	pclose(pipe);
	return len;
}

static void build_id_print(const struct elf *elf, char hex[2 * ELF_BUILD_ID_MAX + 1])
{
	uint8_t id[ELF_BUILD_ID_MAX];
	size_t len = elf_build_id(elf, id);

	hex[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
}

static int first_object(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uint64_t *)base = info->dlpi_addr;
	return 1;
}

START_TEST(build_id_is_the_same_in_file_and_memory)
{
	char expected[2 * ELF_BUILD_ID_MAX + 1];
	char hex[2 * ELF_BUILD_ID_MAX + 1];
	uint64_t base = 0;
	struct elf elf;

	ck_assert_uint_ge(readelf_build_id(expected, sizeof(expected)), 16);
	ck_assert_int_eq(elf_open_file(&elf, "/proc/self/exe"), 0);
	build_id_print(&elf, hex);
	ck_assert_str_eq(hex, expected);
	elf_close(&elf);
	int memory = open("/proc/self/mem", O_RDONLY);
	dl_iterate_phdr(first_object, &base);
	ck_assert_int_eq(elf_open_memory(&elf, memory, base, 1 << 16), 0);
	build_id_print(&elf, hex);
	ck_assert_str_eq(hex, expected);
	elf_close(&elf);
	ck_assert_int_ne(fcntl(memory, F_GETFD), -1); /* stays the caller's */
	ck_assert_int_eq(elf_open_memory(&elf, memory, getauxval(AT_SYSINFO_EHDR), 4096), 0);
	build_id_print(&elf, hex);
	ck_assert_uint_ge(strlen(hex), 16);
	elf_close(&elf);
	ck_assert_int_eq(elf_open_memory(&elf, memory, 0, 4096), -ENOEXEC);
	ck_assert_int_eq(elf_open_memory(&elf, memory, UINT64_MAX - 100, 4096), -EINVAL);
	close(memory);
}
END_TEST

static bool bytes_read(void *context, uint64_t offset, void *to, size_t len)
{
	memcpy(to, (const uint8_t *)context + offset, len);
	return true;
}

START_TEST(reader_stands_in_for_a_file)
{
	size_t size;
	uint8_t *bytes = self_bytes(&size);
	char expected[2 * ELF_BUILD_ID_MAX + 1];
	char hex[2 * ELF_BUILD_ID_MAX + 1];
	Elf64_Shdr section;
	struct elf elf;

	readelf_build_id(expected, sizeof(expected));
	ck_assert_int_eq(elf_open_reader(&elf, bytes_read, bytes, size), 0);
	build_id_print(&elf, hex);
	ck_assert_str_eq(hex, expected);
	ck_assert(elf_section(&elf, ".dynsym", &section));
	ck_assert(!elf_read(&elf, size, hex, 1)); /* the reader is not asked */
	elf_close(&elf);
	ck_assert_int_eq(elf_open_reader(&elf, bytes_read, bytes, 10), -ENOEXEC);
	free(bytes);
}
END_TEST

START_TEST(extended_section_numbers_are_read_from_section_0)
{
	size_t size;
	uint8_t *bytes = self_bytes(&size);
	Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
	Elf64_Shdr *first = (Elf64_Shdr *)(bytes + header->e_shoff);
	Elf64_Shdr section;
	struct elf elf;

	first->sh_size = header->e_shnum;
	first->sh_link = header->e_shstrndx;
	header->e_shnum = 0;
	header->e_shstrndx = SHN_XINDEX;
	ck_assert_int_eq(elf_open_reader(&elf, bytes_read, bytes, size), 0);
	ck_assert(elf_section(&elf, ".symtab", &section));
	first->sh_size = UINT64_MAX;
	ck_assert(!elf_section(&elf, ".symtab", &section));
	elf_close(&elf);
	free(bytes);
}
END_TEST

/* Everything that elf.h offers, on whatever opened. Returns what has to hold for any input. */
static void elf_exercise(const struct elf *elf)
{
	static const char *const names[] = {".symtab", ".dynsym", ".gnu_debuglink", ".nothing"};
	uint8_t id[ELF_BUILD_ID_MAX];
	Elf64_Shdr section;
	Elf64_Phdr segment;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!elf_section(elf, names[i], &section) || section.sh_type == SHT_NOBITS)
			continue;
		ck_assert_uint_le(section.sh_size, elf->size);
		ck_assert_uint_le(section.sh_offset, elf->size - section.sh_size);
	}
	for (unsigned i = 0; i < 4; i++)
		elf_segment(elf, PT_LOAD, i, &segment);
	ck_assert_uint_le(elf_build_id(elf, id), ELF_BUILD_ID_MAX);
}

/* Changes every byte of a range in turn; returns how many times the object still opened. */
static size_t range_spoil(uint8_t *bytes, size_t size, size_t begin, size_t end)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
	size_t opened = 0;
	struct elf elf;

	for (size_t at = begin; at < end; at++) {
		uint8_t before = bytes[at];
		bytes[at] = values[at * 7 % sizeof(values)];
		if (elf_open_reader(&elf, bytes_read, bytes, size) == 0) {
			opened++;
			elf_exercise(&elf);
		}
		elf_close(&elf);
		bytes[at] = before;
	}
	return opened;
}

START_TEST(any_header_byte_may_be_wrong)
{
	size_t size;
	uint8_t *bytes = self_bytes(&size);
	const Elf64_Ehdr header = *(Elf64_Ehdr *)bytes;
	size_t sections_size = header.e_shnum * sizeof(Elf64_Shdr);

	range_spoil(bytes, size, 0, sizeof(header));
	ck_assert_uint_eq(range_spoil(bytes, size, header.e_shoff, header.e_shoff + sections_size),
			  sections_size);
	ck_assert_uint_gt(range_spoil(bytes, size, header.e_phoff, header.e_phoff + 512), 500);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elf");
	TCase *tests = tcase_create("elf");

	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, own_file_is_read);
	tcase_add_test(tests, reads_beyond_the_end_fail);
	tcase_add_test(tests, file_that_shrinks_costs_a_read);
	tcase_add_test(tests, what_is_no_regular_elf_file_is_refused);
	tcase_add_test(tests, foreign_objects_are_refused);
	tcase_add_test(tests, build_id_is_the_same_in_file_and_memory);
	tcase_add_test(tests, reader_stands_in_for_a_file);
	tcase_add_test(tests, extended_section_numbers_are_read_from_section_0);
	tcase_add_test(tests, any_header_byte_may_be_wrong);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
