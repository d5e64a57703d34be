/* SPDX-License-Identifier: Apache-2.0 */
/* every_door_of_jemalloc_in_front.cc -- jemalloc in front of the library.
 *
 * harm: memory
 * level: P0
 * preload: before=libjemalloc.so.2
 * needs: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
 * naive: stderr
 * flags: -O2 -std=c++17 -fno-builtin -DWITHOUT_PVALLOC -fsized-deallocation -Wno-use-after-free
 */
#include "every_door_of_cxx.h"

#include "burn.h"

int main()
{
	burn(0.12);
	try_doors_of_c();
	try_doors_of_cxx();
}
