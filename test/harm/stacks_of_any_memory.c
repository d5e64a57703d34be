/* SPDX-License-Identifier: Apache-2.0 */
/* stacks_of_any_memory.c -- threads on stacks in files, shared, unreserved, at the end of memory.
 *
 * harm: unwinding
 * level: P0
 */
#include "life.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

enum { PAGE = 4096, STACK = 64 << 10 };

static char *in_memory(int flags)
{
	return mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
}

static char *in_descriptor(int file, int flags)
{
	if (ftruncate(file, STACK))
		return MAP_FAILED;
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, flags, file, 0);
	close(file);
	return stack;
}

static char *in_file(void)
{
	int file = open("stack", O_RDWR | O_CREAT, 0600);
	unlink("stack");
	return in_descriptor(file, MAP_SHARED);
}

static char *in_private_file(void)
{
	int file = open("stack", O_RDWR | O_CREAT, 0600);
	unlink("stack");
	return in_descriptor(file, MAP_PRIVATE);
}

static char *in_memfd(void)
{
	return in_descriptor(memfd_create("stack", 0), MAP_SHARED);
}

static char *unreserved(void)
{
	return in_memory(MAP_PRIVATE | MAP_NORESERVE);
}

static char *shared(void)
{
	return in_memory(MAP_SHARED);
}

static char *between_holes(void)
{
	char *area = mmap(NULL, STACK + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(area + PAGE, STACK, PROT_READ | PROT_WRITE);
	return area + PAGE;
}

static char *at_the_end(void)
{
	char *area = mmap(NULL, STACK + 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(area, PAGE);
	munmap(area + PAGE + STACK, PAGE);
	return area + PAGE;
}

static char *never_forked(void)
{
	char *stack = in_memory(MAP_PRIVATE);
	madvise(stack, STACK, MADV_DONTFORK);
	madvise(stack, STACK, MADV_DONTDUMP);
	return stack;
}

static const struct {
	const char *name;
	char *(*make)(void);
} stacks[] = {{"file", in_file},	  {"private file", in_private_file},
	      {"memfd", in_memfd},	  {"unreserved", unreserved},
	      {"shared", shared},	  {"between holes", between_holes},
	      {"at the end", at_the_end}, {"not for children", never_forked}};

enum { STACKS = sizeof stacks / sizeof *stacks };

static void *work(void *unused)
{
	burn(0.1);
	return unused;
}

int main(void)
{
	pthread_t threads[STACKS];
	char *memory[STACKS];
	for (int i = 0; i < STACKS; i++) {
		pthread_attr_t attributes;
		pthread_attr_init(&attributes);
		memory[i] = stacks[i].make();
		pthread_attr_setstack(&attributes, memory[i], STACK);
		int error = pthread_create(&threads[i], &attributes, work, memory[i]);
		printf("%s: %d\n", stacks[i].name, error);
	}
	for (int i = 0; i < STACKS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		printf("%s: ended well %d, unmapped %d\n", stacks[i].name, result == memory[i],
		       munmap(memory[i], STACK) == 0);
	}
	burn(0.05);
	return 0;
}
