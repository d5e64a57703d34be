/* SPDX-License-Identifier: Apache-2.0 */
/* every_door_of_c.c -- each function that gives blocks gives what it gave, of every size.
 *
 * harm: memory
 * level: P0
 * naive: errno, missing
 * flags: -O2 -fno-builtin -Wno-use-after-free
 */
#include "every_door.h"

#include "burn.h"

int main(void)
{
	burn(0.12);
	try_doors_of_c();
	return 0;
}
