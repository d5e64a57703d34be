#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# heap.sh -- what a program has allocated and what is alive of it, exact where all is sampled.
. test/e2e/prelude.inc

# compare CASE: each function's figures in the profiles are those that the program printed.
compare() {
	while read -r function blocks bytes live_blocks live_bytes; do
		same "$1: alloc_objects of $function" "$(figure "$1" alloc_objects "^$function\$")" "$blocks"
		same "$1: alloc_space of $function" "$(figure "$1" alloc_space "^$function\$")" "$bytes"
		same "$1: inuse_objects of $function" "$(figure "$1" inuse_objects "^$function\$")" "$live_blocks"
		same "$1: inuse_space of $function" "$(figure "$1" inuse_space "^$function\$")" "$live_bytes"
	done <"$dir/$1.out"
}

export CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=1 CONPROF_PERIOD=60s

profile_end exchange "$fixture/heap" exchange >"$dir/exchange.out"
check_profiles exchange
is_silent exchange
compare exchange
say "eight threads free and resize each other's blocks: exact"

profile_end mappings "$fixture/mappings" >"$dir/mappings.out"
check_profiles mappings
compare mappings
say "what a program maps itself, and gives back whole or in parts: exact"

lib=/usr/lib/x86_64-linux-gnu
for allocator in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	if [ ! -e "$lib/$allocator" ]; then
		note "$allocator is not there"
		continue
	fi
	(
		library=$library:$lib/$allocator
		profile_end "$allocator" "$fixture/heap" exchange >"$dir/$allocator.out"
	)
	check_profiles "$allocator"
	compare "$allocator"
	say "the same with $allocator"
done

profile_end fork "$fixture/heap" fork >"$dir/fork.out"
child=$(find "$dir/fork" -name '*.pb.gz' | sed 's|.*/heap-\([0-9]*\)-.*|\1|' | sort -n | tail -n 1)
mkdir "$dir/child"
cp "$dir/fork/heap-$child"-* "$dir/child/"
cp "$dir/fork.out" "$dir/child.out"
compare child
say "a child has what it allocates itself, and nothing of its parent's"

CONPROF_PERIOD=1s profile_end idle "$fixture/heap" idle >"$dir/idle.out"
check_profiles idle
last=$(find "$dir/idle" -name '*.pb.gz' | sort | tail -n 1)
mkdir "$dir/last"
cp "$last" "$dir/last/"
alive=$(sed -n 's/^by_malloc .* //p' "$dir/idle.out")
same "inuse_space later" "$(figure last inuse_space '^by_malloc$')" "$alive"
same "alloc_space later" "$(figure last alloc_space '^by_malloc$')" 0
say "blocks stay alive in the profiles of later periods, and are allocated in the first alone"
