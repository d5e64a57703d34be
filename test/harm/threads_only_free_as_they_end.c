/* SPDX-License-Identifier: Apache-2.0 */
/* threads_only_free_as_they_end.c -- under jemalloc, whose memory for a thread is gone by the time
 * that it frees its first block.
 *
 * harm: memory
 * level: P0
 * preload: after=libjemalloc.so.2
 * needs: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
 * naive: missing
 * flags: -O2 -fno-builtin -pthread -ldl
 */
#include "ends_of_threads.h"
