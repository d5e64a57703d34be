#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_hostile.sh -- clients that nobody wants cost bounded memory, and others are served meanwhile.
# ROUNDS=1000 for a million connections of each kind and bodies of 10 GB. CONPROFD=build/asan/conprofd with
# PEAK_KIB=4000000 looks for errors instead of memory.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

rounds=${ROUNDS:-1}
peak_kib=${PEAK_KIB:-262144}
hostile=test/e2e/hostile.py

resident() {
	sed -n 's/VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}

peak() {
	sed -n 's/VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}

is_below() {
	[ "$(resident)" -lt "$1" ]
}

# attack NAME MODE ADDRESS COUNT SECONDS: with another client beside it; what was answered is in $dir/NAME.
attack() {
	attack_name=$1
	shift
	python3 $hostile "$@" >"$dir/$attack_name" 2>&1 &
	attacker=$!
	remember "$attacker"
	python3 $hostile probe "127.0.0.1:$port" 0 "${PROBE_SECONDS:-2}" >"$dir/probe"
	wait "$attacker" || fail "$attack_name: $(tail -n 3 "$dir/$attack_name")"
	same "requests of others that failed during $attack_name" \
		"$(grep -o 'failed [0-9]*' "$dir/probe" | sort -u)" "failed 0"
	between "the most KiB after $attack_name" "$(peak)" 1 "$peak_kib"
	say "$attack_name: $(tr '\n' ',' <"$dir/probe") peak $(peak) KiB, resident $(resident) KiB"
}

begin data --request-timeout 3 --body-max 8M
python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/acknowledged" 0 4 200 >"$dir/load"
python3 $hostile probe "127.0.0.1:$port" 0 2 >"$dir/probe"
say "alone: $(tr '\n' ',' <"$dir/probe") peak $(peak) KiB, resident $(resident) KiB"

attack tcp connections "127.0.0.1:$port" $((rounds * 1000))
attack unix connections "unix://$socket" $((rounds * 1000))
attack slow slow "127.0.0.1:$port" 3600 60
same "slow clients" "$(grep connected "$dir/slow")" "connected 3600, refused 0"
same "slow clients that are left" "$(sed -n 's/.*, left //p' "$dir/slow")" 0
attack large large "127.0.0.1:$port" $((rounds * 10 > 10000 ? 10000 : rounds * 10 + 10))
same "large bodies that were taken" "$(grep -c 200 "$dir/large")" 0
attack bombs bombs "127.0.0.1:$port" 8
same "bombs that were taken" "$(grep -c 200: "$dir/bombs")" 0
until_true 30 is_below $((peak_kib / 4)) || fail "$(resident) KiB are left after bombs"
attack heads heads "127.0.0.1:$port" 16
before=$(resident)
attack arguments arguments "127.0.0.1:$port" $((rounds * 2000))
between "KiB that such requests have left" $(($(resident) - before)) -4000000 $((peak_kib / 32))
attack shapes shapes "127.0.0.1:$port"
for shape in 'length and chunked: 400' 'two lengths: 400' 'chunked twice: 400' 'another coding: 400' \
	'a length with a blank: 400' 'GET with a body: 200 200' 'HTTP/1.0: 200' 'HEAD: 200 200' 'OPTIONS: 404'; do
	grep -q -x "$shape" "$dir/shapes" || fail "not '$shape': $(grep "${shape%%:*}:" "$dir/shapes")"
done
attack unread unread "127.0.0.1:$port" 200 4

until_true 60 sh -c "[ \"\$(curl -s '$url/metrics' | sed -n 's/^conprofd_connections //p')\" -le 1 ]" ||
	fail "$(metric connections) connections are left"
same "bytes that are still held" "$(metric body_bytes)" 0
count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$dir/acknowledged") || fail "$count"
same "profiles that are there after all that" "$count" 200
end
"$conprofd" check "$dir/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
