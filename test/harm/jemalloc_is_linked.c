/* SPDX-License-Identifier: Apache-2.0 */
/* jemalloc_is_linked.c -- a program that is linked to jemalloc.
 *
 * harm: memory
 * level: P1
 * flags: -O2 -pthread -l:libjemalloc.so.2
 * needs: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
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
