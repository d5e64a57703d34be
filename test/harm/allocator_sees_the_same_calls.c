/* SPDX-License-Identifier: Apache-2.0 */
/* allocator_sees_the_same_calls.c -- the allocator is called as often, and for the same sizes.
 *
 * harm: memory
 * level: P0
 * preload: after=lib/bump.so
 * naive: usable, missing
 * flags: -O2 -pthread -ldl
 */
#include <dlfcn.h>
#include <stdio.h>

#include "burn.h"
#include "churn.h"

static unsigned long ask(const char *name)
{
	unsigned long (*function)(void) = (unsigned long (*)(void))dlsym(RTLD_DEFAULT, name);
	return function();
}

/* What the loader allocates for a library is counted as well: thus only what comes after. And for
 * each thread it allocates more the more libraries there are: thus their sizes do not count. */
int main(void)
{
	unsigned long calls = ask("bump_calls"), sum = ask("bump_sum");
	burn(0.12);
	size_t faults = churn(1, 4000);
	burn(0.1);
	faults += churn(2, 4000);
	sum = ask("bump_sum") - sum;
	faults += churn_in_threads(4, 4000);
	calls = ask("bump_calls") - calls;
	printf("%zu faults, %lu calls, sum %lu\n", faults, calls, sum);
	return 0;
}
