/* SPDX-License-Identifier: Apache-2.0 */
/* checked_by_the_debugging_malloc.c -- glibc checks each block, behind the library.
 *
 * harm: memory
 * level: P1
 * preload: after=libc_malloc_debug.so.0
 * needs: /usr/lib/x86_64-linux-gnu/libc_malloc_debug.so.0
 * env: MALLOC_CHECK_=3
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
