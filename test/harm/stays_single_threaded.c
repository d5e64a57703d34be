/* SPDX-License-Identifier: Apache-2.0 */
/* stays_single_threaded.c -- for the C library a program without threads has none.
 *
 * Then its locks and the reference counts of C++ do without atomic instructions; the first
 * pthread_create ends that for good.
 *
 * harm: threads
 * level: P0
 * naive: thread
 */
#include "life.h"
#include <malloc.h>

extern char __libc_single_threaded __attribute__((weak));

static void print_view(const char *when)
{
	printf("%s: single-threaded %d\n", when, &__libc_single_threaded && __libc_single_threaded);
}

/* Arenas are of threads. */
static int arenas(void)
{
	static char text[1 << 16];
	int count = 0;
	FILE *file = fmemopen(text, sizeof text, "w");
	malloc_info(0, file);
	fclose(file);
	for (const char *at = text; (at = strstr(at, "<heap ")); at++)
		count++;
	return count;
}

int main(void)
{
	print_view("begin");
	burn(0.05);
	print_view("after 0.05 s");
	burn(0.3);
	free(malloc(100000));
	print_view("after 0.35 s");
	printf("arenas: %d\n", arenas());
	pid_t child = fork();
	if (child == 0) {
		burn(0.15);
		print_view("child");
		exit(0);
	}
	print_ending("child", wait_at_most(child, 20));
	return 0;
}
