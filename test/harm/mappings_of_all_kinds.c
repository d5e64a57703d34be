/* SPDX-License-Identifier: Apache-2.0 */
/* mappings_of_all_kinds.c -- memory from the kernel itself: results, errors, contents.
 *
 * harm: memory
 * level: P0
 * naive: errno
 * flags: -O2 -fno-builtin -pthread
 */
#include "life.h"
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

enum { PAGE = 4096, THREADS = 4, ROUNDS = 300 };

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)

static char *map(size_t size, int protection, int flags)
{
	return mmap(NULL, size, protection, flags, -1, 0);
}

/* errno is what it was when nothing failed. */
static void say(const char *what, int is_done)
{
	printf("%s: %s, errno %d\n", what, is_done ? "done" : "failed", errno);
	errno = EDOM;
}

static void try_errors(void)
{
	char *page = map(PAGE, RW, PRIVATE);
	errno = EDOM;
	say("nothing", map(0, RW, PRIVATE) != MAP_FAILED);
	say("far too much", map((size_t)1 << 62, RW, PRIVATE) != MAP_FAILED);
	say("no descriptor", mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0) != MAP_FAILED);
	say("neither private nor shared", map(PAGE, RW, MAP_ANONYMOUS) != MAP_FAILED);
	say("an odd offset", mmap(NULL, PAGE, RW, PRIVATE, -1, 1) != MAP_FAILED);
	say("where something is",
	    mmap(page, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED);
	say("back, from the middle of a page", munmap(page + 1, PAGE) == 0);
	say("back, nothing", munmap(page, 0) == 0);
	say("larger, at an odd place", mremap(page + 1, PAGE, 2L * PAGE, 0) != MAP_FAILED);
	say("larger, far too much",
	    mremap(page, PAGE, (size_t)1 << 62, MREMAP_MAYMOVE) != MAP_FAILED);
	page[0] = 1;
	say("back", munmap(page, PAGE) == 0);
	say("back, twice", munmap(page, PAGE) == 0);
}

static void try_parts(void)
{
	char *pages = map(9L * PAGE, RW, PRIVATE);
	for (int i = 0; i < 9; i++)
		pages[(long)i * PAGE] = (char)('a' + i);
	errno = EDOM;
	say("the first", munmap(pages, PAGE) == 0);
	say("the last", munmap(pages + 8L * PAGE, PAGE) == 0);
	say("one within", munmap(pages + 3L * PAGE, PAGE) == 0);
	say("mapped over",
	    mmap(pages + 5L * PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == pages + 5L * PAGE);
	say("there again", mmap(pages + 3L * PAGE, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1,
				0) == pages + 3L * PAGE);
	for (int i = 1; i < 8; i++)
		printf("%d", pages[(long)i * PAGE]);
	printf("\n");
	say("all", munmap(pages, 9L * PAGE) == 0);
}

static void try_moves(void)
{
	char *pages = map(4L * PAGE, RW, PRIVATE), *other = map(8L * PAGE, RW, PRIVATE);
	memcpy(pages, "kept", 5);
	errno = EDOM;
	say("smaller", mremap(pages, 4L * PAGE, PAGE, 0) == pages);
	char *moved = mremap(pages, PAGE, 8L * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other);
	say("to a certain place", moved == other);
	moved = mremap(moved, 8L * PAGE, 64L * PAGE, MREMAP_MAYMOVE);
	say("larger", moved != MAP_FAILED);
	printf("%s, %d\n", moved, moved[63L * PAGE]);
	say("back", munmap(moved, 64L * PAGE) == 0);
}

static void try_others(void)
{
	FILE *file = tmpfile();
	fputs("of a file", file);
	fflush(file);
	errno = EDOM;
	char *text = mmap64(NULL, PAGE, PROT_READ, MAP_SHARED, fileno(file), 0);
	say("a file", text != MAP_FAILED);
	printf("%s\n", text);
	say("a file back", munmap(text, PAGE) == 0);
	int *shared = (int *)map(PAGE, RW, MAP_SHARED | MAP_ANONYMOUS);
	say("shared", (void *)shared != MAP_FAILED);
	fflush(stdout);
	if (!fork()) {
		*shared = 7;
		_exit(munmap(shared, PAGE));
	}
	wait(NULL);
	printf("a child wrote %d\n", *shared);
	char *reserved = map((size_t)1 << 36, PROT_NONE, PRIVATE | MAP_NORESERVE);
	say("reserved", reserved != MAP_FAILED);
	say("opened", mprotect(reserved, PAGE, RW) == 0);
	reserved[0] = 1;
	say("reserved, back", munmap(reserved, (size_t)1 << 36) == 0);
}

/* Addresses go from thread to thread as fast as they can. */
static void *churn(void *argument)
{
	long bad = 0;
	for (size_t i = 1; i <= ROUNDS; i++) {
		size_t size = (i % 7 + 2) * PAGE;
		char *pages = map(size, RW, PRIVATE);
		bad += pages == MAP_FAILED || pages[0] || pages[size - 1];
		memset(pages, (int)i, size);
		bad += munmap(pages + size - PAGE, PAGE) != 0;
		pages = mremap(pages, size - PAGE, size * 2, MREMAP_MAYMOVE);
		bad += pages == MAP_FAILED || pages[0] != (char)i || pages[size];
		bad += munmap(pages, size * 2) != 0;
	}
	(void)argument;
	return (void *)bad;
}

static void try_threads(void)
{
	pthread_t threads[THREADS];
	long bad = 0;
	void *one;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &one);
		bad += (long)one;
	}
	printf("in %d threads: %ld bad\n", THREADS, bad);
}

int main(void)
{
	burn(0.25);
	try_errors();
	try_parts();
	try_moves();
	try_others();
	try_threads();
	return 0;
}
