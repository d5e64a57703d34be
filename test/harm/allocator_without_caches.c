/* SPDX-License-Identifier: Apache-2.0 */
/* allocator_without_caches.c -- glibc's allocator tuned to have no caches and one arena.
 *
 * harm: memory
 * level: P1
 * env: GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1
 * env: MALLOC_TRIM_THRESHOLD_=0 MALLOC_MMAP_THRESHOLD_=4096
 * naive: missing
 */
#include <stdio.h>

#include "burn.h"
#include "churn.h"

int main(void)
{
	burn(0.12);
	printf("%zu faults alone\n", churn_in_threads(1, 20000));
	printf("%zu faults together\n", churn_in_threads(6, 10000));
	return 0;
}
