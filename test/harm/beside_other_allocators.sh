#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# beside_other_allocators.sh -- jemalloc, tcmalloc and mimalloc, before the library and behind it.
#
# harm: loading
# level: P0
# needs: /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
# needs: /usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4
# needs: /usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0
# naive: stderr
for allocator in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2.0; do
	LD_PRELOAD=$allocator:$LD_PRELOAD "$HARM_BIN/allocates_in_threads"
	echo "$allocator first: $?"
	LD_PRELOAD=$LD_PRELOAD:$allocator "$HARM_BIN/allocates_in_threads"
	echo "$allocator last: $?"
done
