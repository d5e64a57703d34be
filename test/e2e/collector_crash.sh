#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_crash.sh -- conprofd is killed under load, again and again, and loses nothing that it has
# acknowledged. ROUNDS=100 for more than the few rounds of `make check`.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

rounds=${ROUNDS:-4}
acknowledged=$dir/acknowledged
: >"$acknowledged"
round=0
while [ "$round" -lt "$rounds" ]; do
	begin data --compact-after 0
	python3 test/e2e/load.py upload "127.0.0.1:$port" "$acknowledged" "$((round * 100000))" 8 100000 \
		>"$dir/load.out" &
	load=$!
	remember "$load"
	# Somewhere in the work, each time at another place.
	wanted=$(($(wc -l <"$acknowledged") + 50 + 37 * (round % 11)))
	until_true 60 sh -c "[ \$(wc -l <'$acknowledged') -ge $wanted ]" || fail "uploads stand still"
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || :
	wait "$load" || fail "the load failed"
	round=$((round + 1))
done
begin data
count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$acknowledged") || fail "$count"
same "profiles that are still there" "$count" "$(wc -l <"$acknowledged")"
kept=$(metric store_profiles)
# A profile may be stored whose acknowledgement was cut off: one for each client and round.
between "profiles in the store" "$kept" "$count" "$((count + 8 * rounds))"
same "damaged profiles" "$(metric store_damaged_total)" 0
end
"$conprofd" check "$dir/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
say "killed $rounds times under load: all $count acknowledged profiles are there, byte for byte"
