/* SPDX-License-Identifier: Apache-2.0 */
/* overflows_are_found_by_glibc.c -- its debugging malloc, behind the library, still ends a program
 * that writes behind a block or frees it twice.
 *
 * harm: memory
 * level: P1
 * preload: after=libc_malloc_debug.so.0
 * needs: /usr/lib/x86_64-linux-gnu/libc_malloc_debug.so.0
 * env: MALLOC_CHECK_=3
 * naive: missing
 * flags: -O0 -fno-builtin -w
 */
#include <malloc.h>

#include "again.h"

static void do_nothing_wrong(void)
{
	free(realloc(memalign(64, 100), 3000));
}

static void write_behind(void)
{
	char *block = malloc(24);
	memset(block, 1, 25);
	free(block);
}

static void free_twice(void)
{
	char *block = malloc(5000);
	free(block);
	free(block);
}

int main(int argc, char **argv)
{
	static const struct one_case cases[] = {
		{"nothing wrong", do_nothing_wrong},
		{"written behind a block", write_behind},
		{"freed twice", free_twice},
	};
	return RUN_CASES(argc, argv, cases);
}
