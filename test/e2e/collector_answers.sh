#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_answers.sh -- merged profiles as tables, flame graphs, folded text and for speedscope: all
# of them say the same, and what go tool pprof says; and two selections compared.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

answers() { python3 test/e2e/answers.py "$@"; }

# fetch FILE QUERY: the answer, which has to be one.
fetch() {
	get "$2"
	same "status of $2" "$status" 200
	mv "$dir/answer" "$dir/$1"
}

# asked STATUS TEXT QUERY
asked() {
	get "$3"
	same "status of $3" "$status" "$1"
	grep -q -F -e "\"code\":$1,\"error\":\"$2" "$dir/answer" ||
		fail "$3 answers '$(head -c 300 "$dir/answer")', without '$2'"
}

upload() { # SERVICE TYPE FILE LABELS
	get "/api/0/profiles?service=$1&type=$2&labels=$4" -X POST --data-binary "@$3"
	same "status of an upload" "$status" 200
	id=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
}

# ---- real profiles ----

begin data --merge-max 1000
text='import json, re
for i in range(%d):
    re.findall("(w.)+", json.dumps({"w%%d" %% k: list(range(9)) for k in range(2000)}))'
export CONPROF_PERIOD=1s
for rounds in 90 120; do
	# shellcheck disable=SC2059 # the format is the program
	CONPROF_CPU_RATE=500 profile_end python$rounds python3 -c "$(printf "$text" $rounds)"
	for one in "$dir"/python$rounds/*.pb.gz; do upload python cpu "$one" "rounds%3D$rounds"; done
	CONPROF_CPU_RATE=500 profile_end cxx$rounds "$fixture/shares" >"$dir/shares.out"
	for one in "$dir"/cxx$rounds/*.pb.gz; do upload cxx cpu "$one" "rounds%3D$rounds"; done
	CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=4K profile_end heap$rounds "$fixture/heap" >"$dir/heap.out"
	for one in "$dir"/heap$rounds/*.pb.gz; do upload cxx heap "$one" "rounds%3D$rounds"; done
done
kinds="python/cpu/nanoseconds cxx/cpu/nanoseconds cxx/heap/B"
if have go; then
	GOCACHE=$root/build/go GOFLAGS=-mod=mod go build -o "$dir/profiles" test/merge/profiles.go
	for run in a b c; do
		"$dir/profiles" "$dir" $run
		upload go cpu "$dir/$run.cpu" "run%3D$run"
		upload go heap "$dir/$run.heap" "run%3D$run"
	done
	kinds="$kinds go/cpu/nanoseconds go/heap/B"
	export PPROF_TMPDIR="$dir/pprof"
	mkdir -p "$PPROF_TMPDIR"
fi

# ---- all formats say the same ----

merged() { printf '/api/0/profiles/merge?service=%s&type=%s&from=0&to=now' "$1" "$2"; }

compare() { # SERVICE TYPE UNIT
	query=$(merged "$1" "$2")
	fetch whole.json "$query&format=flame&nodes=1000000"
	whole=$(answers flame "$dir/whole.json" 1000000)
	for nodes in 2 3 10 100; do
		fetch part.json "$query&format=flame&nodes=$nodes"
		part=$(answers flame "$dir/part.json" $nodes)
		same "the total of $nodes nodes" "${part#* }" "${whole#* }"
		answers same "$dir/whole.json" "$dir/part.json"
	done
	fetch folded "$query&format=folded"
	answers folded "$dir/whole.json" "$dir/folded"
	fetch speedscope "$query&format=speedscope"
	answers speedscope "$dir/whole.json" "$dir/speedscope"
	fetch top.json "$query&format=top"
	answers top "$dir/whole.json" "$dir/top.json"
	fetch top5.json "$query&format=top&nodes=5"
	answers top "$dir/whole.json" "$dir/top5.json"
	say "$1, $2: ${whole%% *} nodes, and the same in all formats"
	have go || return 0
	fetch merged.pb.gz "$query"
	go tool pprof -top -nodecount=1000000 -nodefraction=0 -edgefraction=0 -unit="$3" \
		"$dir/merged.pb.gz" >"$dir/theirs" 2>"$dir/theirs.err" || fail "$(tail -n 1 "$dir/theirs.err")"
	count=$(answers pprof "$dir/top.json" "$dir/theirs")
	say "$1, $2: $count functions, as go tool pprof -top has them"
}
for kind in $kinds; do
	unit=${kind##*/}
	kind=${kind%/*}
	compare "${kind%/*}" "${kind#*/}" "$unit"
done
end
