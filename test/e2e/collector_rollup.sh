#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_rollup.sh -- a merge of hours reads few records, says the same as one that reads every
# profile, and goes on doing so after kill -9, a restart, and the loss of the index.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

start=1750000000 # 200 s before a whole hour
api='/api/0/profiles/merge?service=shop'

say_all() {
	if have go; then
		PPROF_TMPDIR=$dir go tool pprof -symbolize=none -raw "$1" 2>/dev/null |
			python3 test/merge/canonical.py
	else
		python3 test/e2e/pprof.py top "$1"
	fi
}

# same_merge WHAT QUERY: a merge by rollups and one of single profiles, which a limit makes it.
same_merge() {
	for way in by.rollups one.by.one; do
		limit=
		[ $way = by.rollups ] || limit='&limit=10000'
		get "$api&$2$limit"
		same "status of $1, $way" "$status" 200
		cp "$dir/answer" "$dir/$way.pb.gz"
		say_all "$dir/$way.pb.gz" >"$dir/$way"
		[ -s "$dir/$way" ] || fail "there is nothing in $1, $way"
	done
	cmp -s "$dir/by.rollups" "$dir/one.by.one" ||
		fail "$1 differs: $(diff "$dir/one.by.one" "$dir/by.rollups" | head -n 5)"
}

# records QUERY: how many records a merge of it reads.
records() {
	records_before=$(metric merged_records_total)
	get "$api&$1"
	echo $(($(metric merged_records_total) - records_before))
}

upload() { # TYPE HOST START STEP COUNT FILE...
	upload_query="service=shop&type=$1&labels=host%3D$2"
	shift 2
	python3 test/e2e/load.py spread "127.0.0.1:$port" "$upload_query" "$@"
}

# Until nothing has changed for a second: all that there was to sum up is.
settled() {
	settled_before=$(metric store_rollups)
	sleep 1
	[ "$(metric store_compact_profiles)" = "$(metric store_profiles)" ] && [ "$settled_before" -gt 0 ] &&
		[ "$(metric store_rollups)" = "$settled_before" ]
}

text='import json, re
for i in range(%d):
    re.findall("(w.)+", json.dumps({"w%%d" %% k: list(range(9)) for k in range(2000)}))'
for rounds in 40 60; do
	# shellcheck disable=SC2059 # the format is the program
	CONPROF_CPU_RATE=500 profile_end python$rounds python3 -c "$(printf "$text" $rounds)"
	CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=4K profile_end heap$rounds "$fixture/heap" >"$dir/heap.out"
done

begin data --compact-after 0
upload cpu a $start 20 500 "$dir"/python40/*.pb.gz "$dir"/python60/*.pb.gz
upload cpu b $((start + 7)) 20 500 "$dir"/python60/*.pb.gz "$dir"/python40/*.pb.gz
upload heap a $start 60 200 "$dir"/heap40/*.pb.gz "$dir"/heap60/*.pb.gz
upload heap b $((start - 3)) 60 200 "$dir"/heap60/*.pb.gz "$dir"/heap40/*.pb.gz
until_true 60 settled || fail "$(metric store_rollups) rollups, and it does not end"
for type in cpu heap; do
	same_merge "a merge of hours, $type" "type=$type&from=0&to=now"
	same_merge "a merge of one host, $type" "type=$type&from=0&to=now&labels=host%3Db"
	same_merge "a merge of part of the time, $type" "type=$type&from=$((start + 1111))&to=$((start + 9003))"
done
count=$(records "type=cpu&from=0&to=now")
[ "$count" -lt 100 ] || fail "a merge of 1000 profiles reads $count records"
note "a merge of 1000 profiles reads $count records, $(metric store_rollup_bytes) bytes of rollups in $(metric store_bytes)"
get "/api/0/profiles?service=shop&type=cpu&from=0&to=now"
same "profiles of a list" "$(grep -o '"id"' "$dir/answer" | wc -l)" 1000
end
"$conprofd" check "$dir/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
say "a merge of hours reads few records and says the same"

begin data --compact-after 0
same "records after a restart" "$(records "type=cpu&from=0&to=now")" "$count"
end
rm "$dir"/data/2*/index.sqlite*
begin data --compact-after 0
until_true 60 settled || fail "the rollups are not made again"
same_merge "a merge after the index was lost" "type=cpu&from=0&to=now"
same "profiles after the index was lost" "$(metric store_profiles)" 1400
end
say "after a restart, and when the index is lost"

for round in 1 2 3 4 5 6; do
	begin killed$round --compact-after 0
	upload cpu a $start 20 200 "$dir"/python40/*.pb.gz 2>/dev/null &
	upload cpu b $start 20 200 "$dir"/python60/*.pb.gz 2>/dev/null &
	some() { [ "$(metric store_rollups)" -ge $((2 * round - 1)) ]; }
	until_true 60 some || fail "no rollups are made"
	kill -KILL "$daemon"
	wait || true
	begin killed$round --compact-after 0
	until_true 60 settled || fail "the rollups are not made after kill -9"
	same_merge "a merge after kill -9" "type=cpu&from=0&to=now"
	same "damaged" "$(metric store_damaged_total)" 0
	end
	"$conprofd" check "$dir/killed$round" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
done
say "kill -9 while rollups are made"
