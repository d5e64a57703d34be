/* SPDX-License-Identifier: Apache-2.0 */
/* every_door_of_musl.c -- the same of musl's, where functions that are not replaced fail.
 *
 * harm: memory
 * level: P0
 * compiler: musl-gcc
 * flags: -O2 -fno-builtin -DWITHOUT_PVALLOC -Wno-use-after-free
 */
#include "every_door.h"

#include "burn.h"

int main(void)
{
	burn(0.12);
	try_doors_of_c();
	return 0;
}
