#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# storm.sh -- eight threads allocate, load, fork, throw and are born while all of it is sampled, and
# none stands still: STORM_SECONDS=600 for longer.
. test/e2e/prelude.inc

seconds=${STORM_SECONDS:-20}
storm() {
	name=$1
	shift
	(
		library=$library${allocator:+:$allocator}
		export CONPROF_TYPES=cpu,heap CONPROF_HEAP_INTERVAL=1 CONPROF_CPU_RATE=1000 CONPROF_PERIOD=1s
		CONPROF_ENGINE=timer profile "$name" "$fixture/storm" "$seconds" >"$dir/$name.out"
	) || fail "$name: status $?, $(cat "$dir/$name.out" "$dir/$name.err")"
	is_silent "$name"
	rm -f "$dir/$name"/*-cpu-*
	last=$(find "$dir/$name" -name '*.pb.gz' | sort | tail -n 1)
	mkdir "$dir/$name.last"
	mv "$last" "$dir/$name.last/"
	check_profiles "$name.last"
	say "$name: $(cat "$dir/$name.out")"
}

storm glibc
for allocator in /usr/lib/x86_64-linux-gnu/libjemalloc.so.2 /usr/lib/x86_64-linux-gnu/libmimalloc.so.2; do
	if [ -e "$allocator" ]; then
		storm "${allocator##*/}"
	fi
done
