/* SPDX-License-Identifier: Apache-2.0 */
/* program_hides_its_malloc.c -- an allocator linked into the program, which its libraries do not
 * see, so that blocks of both kinds are alive side by side.
 *
 * harm: memory
 * level: P0
 * naive: errno
 * flags: -O2 -fno-builtin -pthread -ldl
 */
#define BUMP __attribute__((visibility("hidden")))
#include "bump.h"

#include <dlfcn.h>
#include <stdio.h>

#include "burn.h"
#include "churn.h"

static int is_ours(const void *block)
{
	return (uintptr_t)block - (uintptr_t)bump.arena < BUMP_ARENA;
}

static unsigned changed_errno(char *copies[], size_t count)
{
	unsigned changes = 0;
	for (size_t i = 0; i < count; i++) {
		errno = 77;
		copies[i] = strdup("of the C library");
		changes += errno != 77;
	}
	return changes;
}

int main(void)
{
	char *copies[1000];
	void (*free_of_libc)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	burn(0.12);
	unsigned changes = changed_errno(copies, 1000);
	void *own = malloc(10);
	printf("%d %d, errno changed %u times\n", is_ours(copies[0]), is_ours(own), changes);
	printf("%d faults\n", (int)churn_in_threads(3, 3000));
	for (size_t i = 0; i < 1000; i++)
		free_of_libc(copies[i]);
	free(own);
	burn(0.2);
	return 0;
}
