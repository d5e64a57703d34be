/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_files_test.c -- files that somebody has made to stop the worker, or to keep it busy: each
 * is given up soon, and costs names and nothing else.
 */
#include "core/debugfile.h"
#include "core/jitmap.h"
#include "core/minidebug.h"
#include "core/plt.h"
#include "core/symbols.h"
#include "core/unnamed.h"
#include "test/unit/objects.h"
#include "test/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Each takes a tenth of that; without bounds, two seconds and more. */
enum { MOST_MS = 5000, WANTED = 512 };

static char path[256];

static long used_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void build(void)
{
	ck_assert_ptr_nonnull(mkdtemp(objects_directory));
}

static const char *place(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", objects_directory, name);
	return path;
}

static void ignore(void *context, size_t index, const char *name, const char *system_name)
{
	(void)index;
	(void)system_name;
	ck_assert_uint_gt(strlen(name), 0);
	++*(size_t *)context;
}

/* Everything that is read of an object, for many of its addresses; how many got a name. */
static size_t names_of(const char *file)
{
	uint64_t addresses[WANTED];
	struct mapping mapping = {.is_elf = true, .gone = true, .path = file};
	const struct symbols_wanted wanted = {&mapping, addresses, WANTED};
	size_t named = 0;
	struct elf elf;

	for (size_t i = 0; i < WANTED; i++)
		addresses[i] = 0x1000 + 16 * i;
	if (elf_open_file(&elf, file) != 0)
		return 0;
	mapping.build_id_size = elf_build_id(&elf, mapping.build_id);
	elf_close(&elf);
	symbols_resolve(NULL, &wanted, ignore, &named);
	return named;
}

/* An object of sections that lie where the test wants them, in a file of that size. */
struct object {
	Elf64_Ehdr header;
	Elf64_Phdr segments[256];
	Elf64_Shdr sections[16];
	char names[128];
	Elf64_Sym symbols[4];
	uint8_t code[WANTED * 16];
};

static const char NAMES[] =
	"\0.symtab\0.strtab\0.dynsym\0.plt\0.rela.plt\0.gnu_debugdata\0.shstrtab";

static uint32_t name_at(const char *name)
{
	return (uint32_t)((const char *)memmem(NAMES, sizeof(NAMES), name, strlen(name) + 1) -
			  NAMES);
}

static struct object *object_create(void)
{
	struct object *object = calloc(1, sizeof(*object));

	object->header = (Elf64_Ehdr){
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_phoff = offsetof(struct object, segments),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_shoff = offsetof(struct object, sections),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 16,
		.e_shstrndx = 1,
	};
	memcpy(object->names, NAMES, sizeof(NAMES));
	memcpy(object->names + 100, "printf", 7);
	object->sections[1] = (Elf64_Shdr){.sh_name = name_at(".shstrtab"),
					   .sh_type = SHT_STRTAB,
					   .sh_offset = offsetof(struct object, names),
					   .sh_size = sizeof(object->names)};
	return object;
}

static void object_section(struct object *object, unsigned number, const char *name,
			   Elf64_Shdr section)
{
	section.sh_name = name_at(name);
	object->sections[number] = section;
}

/* With the bytes behind it, and zeros up to size. */
static const char *object_write(const struct object *object, const void *more, size_t more_size,
				uint64_t size)
{
	int fd = open(place("object"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, object, sizeof(*object)), sizeof(*object));
	ck_assert_int_eq(write(fd, more, more_size), (ssize_t)more_size);
	if (size)
		ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
	return path;
}

START_TEST(a_terabyte_of_symbols_is_not_read)
{
	struct object *object = object_create();
	uint64_t size = UINT64_C(1) << 40;
	long before = used_ms();

	object_section(object, 2, ".symtab",
		       (Elf64_Shdr){.sh_type = SHT_SYMTAB, .sh_link = 1, .sh_size = size});
	object_section(object, 3, ".gnu_debugdata",
		       (Elf64_Shdr){.sh_type = SHT_PROGBITS, .sh_size = size});
	if (truncate(object_write(object, "", 0, 0), (off_t)size) != 0)
		object_write(object, "", 0, UINT64_C(1) << 36); /* of this file system */
	names_of(path);
	ck_assert_int_lt(used_ms() - before, MOST_MS);
	free(object);
}
END_TEST

START_TEST(sections_without_number_are_not_looked_through)
{
	static const uint64_t counts[] = {4096, 4097, 65536, UINT32_MAX, UINT64_MAX};
	struct object *object = object_create();
	long before = used_ms();

	object->header.e_shnum = 0;
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		object->sections[0].sh_size = counts[i];
		names_of(object_write(object, "", 0, UINT64_C(1) << 30));
	}
	ck_assert_int_lt(used_ms() - before, MOST_MS);
	free(object);
}
END_TEST

START_TEST(notes_of_all_segments_are_counted_together)
{
	struct object *object = object_create();
	Elf64_Nhdr *notes = calloc(100000, sizeof(*notes));
	long before = used_ms();

	object->header.e_phnum = 256;
	for (unsigned i = 0; i < 256; i++)
		object->segments[i] = (Elf64_Phdr){.p_type = PT_NOTE,
						   .p_offset = sizeof(*object),
						   .p_filesz = 100000 * sizeof(*notes)};
	object_write(object, notes, 100000 * sizeof(*notes), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(names_of(path), 0);
	ck_assert_int_lt(used_ms() - before, MOST_MS);
	free(notes);
	free(object);
}
END_TEST

/* All stubs jump through one slot, and a million relocations say what that is. */
START_TEST(a_slot_is_relocated_once)
{
	enum { RELOCATIONS = 1000000 };
	struct object *object = object_create();
	Elf64_Rela *relocations = calloc(RELOCATIONS, sizeof(*relocations));
	long before = used_ms();

	for (size_t i = 0; i < WANTED; i++) {
		int32_t distance = 0x100000 - (int32_t)(0x1000 + 16 * i + 6);

		memcpy(object->code + 16 * i, "\xff\x25", 2);
		memcpy(object->code + 16 * i + 2, &distance, sizeof(distance));
	}
	for (unsigned i = 0; i < RELOCATIONS; i++)
		relocations[i] = (Elf64_Rela){0x100000, ELF64_R_INFO(1, R_X86_64_JUMP_SLOT), 0};
	object->symbols[1].st_name = 100;
	object_section(object, 2, ".dynsym",
		       (Elf64_Shdr){.sh_type = SHT_DYNSYM,
				    .sh_link = 1,
				    .sh_offset = offsetof(struct object, symbols),
				    .sh_size = sizeof(object->symbols)});
	object_section(object, 3, ".plt",
		       (Elf64_Shdr){.sh_type = SHT_PROGBITS,
				    .sh_addr = 0x1000,
				    .sh_offset = offsetof(struct object, code),
				    .sh_size = sizeof(object->code)});
	object_section(object, 4, ".rela.plt",
		       (Elf64_Shdr){.sh_type = SHT_RELA,
				    .sh_offset = sizeof(*object),
				    .sh_size = RELOCATIONS * sizeof(*relocations)});
	object_write(object, relocations, RELOCATIONS * sizeof(*relocations), 0);
	ck_assert_uint_eq(names_of(path), WANTED);
	ck_assert_int_lt(used_ms() - before, MOST_MS);
	free(relocations);
	free(object);
}
END_TEST

/* 4 MiB in 700 bytes, read back and forth as long as that is allowed. */
START_TEST(a_small_bomb_is_decoded_a_few_times)
{
	enum { SIZE = MINIDEBUG_SIZE_MAX };
	struct object *object = object_create();
	uint8_t *inner = calloc(1, SIZE);
	uint8_t *stream = malloc(SIZE);
	size_t used = 0;
	struct elf elf;
	uint8_t byte;
	unsigned served = 0;

	memcpy(inner, &object->header, sizeof(object->header));
	ck_assert_int_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, inner, SIZE, stream,
						 &used, SIZE),
			 LZMA_OK);
	object_section(object, 2, ".gnu_debugdata",
		       (Elf64_Shdr){.sh_type = SHT_PROGBITS,
				    .sh_offset = sizeof(*object),
				    .sh_size = used});
	ck_assert_int_eq(elf_open_file(&elf, object_write(object, stream, used, 0)), 0);
	struct minidebug *mini = minidebug_open(&elf);
	ck_assert_ptr_nonnull(mini);
	while (elf_read(minidebug_elf(mini), SIZE - 1, &byte, 1) &&
	       elf_read(minidebug_elf(mini), 0, &byte, 1))
		served++;
	ck_assert_uint_gt(served, 8);
	ck_assert_uint_le(served, 16);
	minidebug_close(mini);
	elf_close(&elf);
	free(stream);
	free(inner);
	free(object);
}
END_TEST

START_TEST(a_stream_longer_than_its_contents_is_not_begun)
{
	struct object *object = object_create();
	struct elf elf;

	object_section(object, 2, ".gnu_debugdata",
		       (Elf64_Shdr){.sh_type = SHT_PROGBITS,
				    .sh_offset = sizeof(*object),
				    .sh_size = MINIDEBUG_SIZE_MAX + 1});
	ck_assert_int_eq(elf_open_file(&elf, object_write(object, "", 0, 8 << 20)), 0);
	ck_assert_ptr_null(minidebug_open(&elf));
	elf_close(&elf);
	free(object);
}
END_TEST

/* What a debug link names is a FIFO, a directory, a device, or a link to one of these. */
START_TEST(debug_links_lead_to_regular_files_only)
{
	static const char *const makes[] = {"mkfifo linked.debug",
					    "mkdir linked.debug",
					    "ln -s /dev/zero linked.debug",
					    "ln -s /dev/tty linked.debug",
					    "ln -s linked.debug linked.debug",
					    "ln -s /proc/self/mem linked.debug",
					    "truncate -s 1T linked.debug"};

	objects_run("rm -f linked.debug && echo 'int main(void) { return 0; }' > main.c && "
		    "gcc -g main.c -o main && objcopy --only-keep-debug main linked.debug && "
		    "strip main && objcopy --add-gnu-debuglink=linked.debug main");
	for (size_t i = 0; i < sizeof(makes) / sizeof(*makes); i++) {
		objects_run("rm -rf linked.debug; %s", makes[i]);
		names_of(place("main"));
	}
	objects_run("rm -rf linked.debug");
}
END_TEST

/* The second name of a mapping never leads to another object than the one that is mapped. */
START_TEST(odd_paths_are_names_like_others)
{
	static const char *const names[] = {"a b", "new\nline", "gone (deleted)", "[vdso]", "..."};
	struct maps *maps = maps_create();

	objects_run("echo 'int f(void) { return 1; }' | gcc -shared -fPIC -xc - -o plain.so");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char from[256];
		char to[256];
		const struct mapping *mapping;
		int fd;

		snprintf(from, sizeof(from), "%s/plain.so", objects_directory);
		snprintf(to, sizeof(to), "%s/%s", objects_directory, names[i]);
		ck_assert_int_eq(link(from, to), 0);
		fd = open(to, O_RDONLY);
		uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0x1000);
		ck_assert_int_eq(maps_refresh(maps), 1);
		mapping = maps_find(maps, (uintptr_t)code);
		ck_assert_ptr_nonnull(mapping);
		ck_assert(strcmp(mapping->path, "[vdso]") != 0);
		ck_assert(!mapping->is_elf); /* it has no header there */
		munmap(code, 4096);
		close(fd);
		unlink(to);
	}
	maps_destroy(maps);
}
END_TEST

/* Between the look at the mapping and the look at the file, another has taken its place. */
START_TEST(a_file_that_was_exchanged_is_not_taken_for_the_mapped_one)
{
	static const char fake[] = "1000-2000 r-xp 00000000 00:01 1 %s\n";
	struct maps *maps = maps_create();
	char text[512];

	objects_run("rm -f swapped; mkfifo swapped");
	snprintf(text, sizeof(text), fake, place("swapped"));
	maps_parse(maps, text, strlen(text));
	ck_assert(!maps_find(maps, 0x1000)->is_elf);
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), fake, i ? "/dev/zero" : "/dev/kmsg");
		maps_parse(maps, text, strlen(text));
		ck_assert(!maps_find(maps, 0x1000)->is_elf);
	}
	maps_destroy(maps);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hostile_files");
	TCase *tests = tcase_create("hostile_files");

	tcase_add_unchecked_fixture(tests, build, objects_remove);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_terabyte_of_symbols_is_not_read);
	tcase_add_test(tests, sections_without_number_are_not_looked_through);
	tcase_add_test(tests, notes_of_all_segments_are_counted_together);
	tcase_add_test(tests, a_slot_is_relocated_once);
	tcase_add_test(tests, a_small_bomb_is_decoded_a_few_times);
	tcase_add_test(tests, a_stream_longer_than_its_contents_is_not_begun);
	tcase_add_test(tests, debug_links_lead_to_regular_files_only);
	tcase_add_test(tests, odd_paths_are_names_like_others);
	tcase_add_test(tests, a_file_that_was_exchanged_is_not_taken_for_the_mapped_one);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
