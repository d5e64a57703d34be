/* SPDX-License-Identifier: Apache-2.0 */
/* code_that_changes.c -- code in memory of its own, rewritten, unreadable, and gone again.
 *
 * harm: unwinding
 * level: P0
 */
#include "life.h"
#include <sys/mman.h>

enum { PAGE = 4096, LAPS = 100000000 };

typedef long (*computation)(long laps);

/* mov $N, %eax; 1: dec %rdi; jnz 1b; ret -- with nothing that tells how to unwind it. */
static void write_code(unsigned char *at, int result)
{
	unsigned char code[] = {0xb8, 0, 0, 0, 0, 0x48, 0xff, 0xcf, 0x75, 0xfb, 0xc3};
	memcpy(code + 1, &result, sizeof result);
	memcpy(at, code, sizeof code);
}

static void *memory(int protection)
{
	return mmap(NULL, PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long rewritten(void)
{
	unsigned char *page = memory(PROT_READ | PROT_WRITE | PROT_EXEC);
	long sum = 0;
	for (int i = 0; i < 10; i++) {
		write_code(page, i);
		sum += ((computation)(void *)page)(LAPS / 10);
	}
	munmap(page, PAGE);
	return sum;
}

static long flipped(void)
{
	unsigned char *page = memory(PROT_NONE);
	long sum = 0;
	for (int i = 0; i < 10; i++) {
		mprotect(page, PAGE, PROT_READ | PROT_WRITE);
		write_code(page, i);
		mprotect(page, PAGE, PROT_READ | PROT_EXEC);
		sum += ((computation)(void *)page)(LAPS / 10);
		mprotect(page, PAGE, PROT_NONE);
	}
	munmap(page, PAGE);
	return sum;
}

/* Where the processor has protection keys, such a page cannot be read at all. */
static long unreadable(void)
{
	unsigned char *page = memory(PROT_READ | PROT_WRITE);
	write_code(page, 45);
	mprotect(page, PAGE, PROT_EXEC);
	long sum = ((computation)(void *)page)(LAPS);
	munmap(page, PAGE);
	return sum;
}

static long in_memfd(void)
{
	int file = memfd_create("code", 0);
	if (ftruncate(file, PAGE))
		return -1;
	unsigned char *writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	unsigned char *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
	write_code(writable, 45);
	munmap(writable, PAGE);
	close(file);
	long sum = ((computation)(void *)code)(LAPS);
	munmap(code, PAGE);
	return sum;
}

static long gone_at_once(void)
{
	long sum = 0;
	for (int i = 0; i < 100; i++) {
		unsigned char *page = memory(PROT_READ | PROT_WRITE | PROT_EXEC);
		write_code(page + PAGE - 11, 1);
		sum += ((computation)(void *)(page + PAGE - 11))(LAPS / 100);
		munmap(page, PAGE);
	}
	return sum;
}

static const struct {
	const char *name;
	long (*run)(void);
} kinds[] = {{"rewritten", rewritten},
	     {"flipped", flipped},
	     {"unreadable", unreadable},
	     {"in a memfd", in_memfd},
	     {"gone at once", gone_at_once}};

int main(void)
{
	burn(0.12);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			printf("%s: %ld\n", kinds[i].name, kinds[i].run());
	return 0;
}
