#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# drift.sh -- what is alive stays what it is while blocks and mappings come and go: DRIFT_SECONDS=3600
# for an hour of it.
. test/e2e/prelude.inc

export CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=32K CONPROF_PERIOD=1s
profile steady "$fixture/steady" "${DRIFT_SECONDS:-8}" 2 >"$dir/steady.out" ||
	fail "the program ended with status $?"
is_silent steady
mkdir "$dir/last"
cp "$(find "$dir/steady" -name '*.pb.gz' | sort | tail -n 1)" "$dir/last/"
check_profiles last
alive=$(cat "$dir/steady.out")
seen=$(figure last inuse_space .)
# a thousand samples or so: five standard deviations
near "what is alive at the end" "$seen" "$alive" 12
same "table full" "$(figure last comment lost.live_full)" 0
say "$alive bytes alive, $seen in the profile: $(off "$seen" "$alive")"
