/* SPDX-License-Identifier: Apache-2.0 */
/* every_door_of_tcmalloc.cc -- tcmalloc behind the library.
 *
 * harm: memory
 * level: P0
 * preload: after=libtcmalloc_minimal.so.4
 * needs: /usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4
 * naive: errno, missing
 * flags: -O2 -std=c++17 -fno-builtin -fsized-deallocation -Wno-use-after-free
 */
#include "every_door_of_cxx.h"

#include "burn.h"

int main()
{
	burn(0.12);
	try_doors_of_c();
	try_doors_of_cxx();
}
