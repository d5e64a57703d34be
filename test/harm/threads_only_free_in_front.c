/* SPDX-License-Identifier: Apache-2.0 */
/* threads_only_free_in_front.c -- the same with jemalloc in front of the library.
 *
 * harm: memory
 * level: P1
 * preload: before=libjemalloc.so.2
 * needs: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
 * naive: stderr
 * flags: -O2 -fno-builtin -pthread -ldl
 */
#include "ends_of_threads.h"
