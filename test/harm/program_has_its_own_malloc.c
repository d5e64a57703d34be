/* SPDX-License-Identifier: Apache-2.0 */
/* program_has_its_own_malloc.c -- a program that defines the functions that give blocks gets them
 * from nobody else.
 *
 * harm: memory
 * level: P0
 * naive: stderr
 * flags: -O2 -fno-builtin -pthread
 */
#include "bump.h"

#include <stdio.h>

#include "burn.h"
#include "churn.h"

static int is_ours(const void *block)
{
	return (uintptr_t)block - (uintptr_t)bump.arena < BUMP_ARENA;
}

int main(void)
{
	burn(0.12);
	char *copy = strdup("by the C library"), *line = NULL;
	unsigned long calls = bump.calls, sum = bump.sum;
	printf("%d, %zu faults\n", is_ours(copy), churn(1, 9000));
	int length = asprintf(&line, "%s", copy);
	printf("%d bytes, %d\n", length, is_ours(line));
	printf("sum %lu\n", bump.sum - sum);
	printf("%zu faults in threads\n", churn_in_threads(3, 3000));
	printf("%lu calls\n", bump.calls - calls);
	free(copy);
	free(line);
	burn(0.2);
	return 0;
}
