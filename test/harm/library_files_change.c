/* SPDX-License-Identifier: Apache-2.0 */
/* library_files_change.c -- the file of a running library is replaced, removed, or cut behind its
 * code.
 *
 * What is cut off are the unwind tables and all that follows: the program itself never looks there.
 *
 * harm: unwinding
 * level: P0
 * naive: cpu+backtrace
 * needs: cc
 */
#include "life.h"
#include "generated.h"
#include <elf.h>
#include <fcntl.h>

/* Without relocations to do, so that the program touches nothing but the code. */
static const char source[] = "__attribute__((noinline)) static void compute(long n) { for "
			     "(volatile long i = 0; i < n; i++); }\n"
			     "__attribute__((noinline)) void work(void) { for (int i = 0; i < 60; "
			     "i++) compute(4500000);\n"
			     "__asm__ volatile(\"\"); }\n";

static off_t end_of_code(int file)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	if (pread(file, &header, sizeof header, 0) != sizeof header)
		return 0;
	for (int i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + (Elf64_Off)i * sizeof segment);
		if (pread(file, &segment, sizeof segment, at) == sizeof segment &&
		    segment.p_type == PT_LOAD && segment.p_flags & PF_X)
			return (off_t)(segment.p_offset + segment.p_filesz);
	}
	return 0;
}

static void replace(const char *path)
{
	expect(generate("new.so", "-O1 -xc", "void work(void) { }\nint other = %d;\n", 1), "built");
	expect(rename("new.so", path) == 0, "replaced");
}

static void cut(const char *path)
{
	int file = open(path, O_RDWR);
	off_t end = end_of_code(file);
	expect(end > 0 && ftruncate(file, (end + 4095) & -4096) == 0, "cut");
	close(file);
}

static void drop(const char *path)
{
	expect(unlink(path) == 0, "removed");
}

static const struct {
	const char *name;
	void (*change)(const char *);
} changes[] = {{"replaced", replace}, {"removed", drop}, {"cut", cut}};

static int live(int change)
{
	void (*work)(void) = load("./library.so", "work");
	if (!expect(work != NULL, "loaded"))
		return 1;
	changes[change].change("library.so");
	fflush(stdout);
	work();
	_exit(7);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return live(atoi(argv[1]));
	for (int change = 0; change < 3; change++) {
		expect(generate("library.so", "-O1 -xc", "%s", source), "built");
		print_ending(changes[change].name, wait_at_most(begin_again_with(change), 30));
		unlink("library.so");
	}
	return 0;
}
