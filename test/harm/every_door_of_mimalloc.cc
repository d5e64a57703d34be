/* SPDX-License-Identifier: Apache-2.0 */
/* every_door_of_mimalloc.cc -- mimalloc behind the library.
 *
 * harm: memory
 * level: P0
 * preload: after=libmimalloc.so.2.0
 * needs: /usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0
 * naive: errno, missing
 * flags: -O2 -std=c++17 -fno-builtin -DNEW_ABORTS -fsized-deallocation -Wno-use-after-free
 */
#include "every_door_of_cxx.h"

#include "burn.h"

int main()
{
	burn(0.12);
	try_doors_of_c();
	try_doors_of_cxx();
}
