/* SPDX-License-Identifier: Apache-2.0 */
/* allocator_that_perturbs.c -- glibc fills blocks that are given and taken.
 *
 * harm: memory
 * level: P1
 * env: MALLOC_PERTURB_=165
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
