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
	for one in "$dir/python$rounds"/*.pb.gz; do upload python cpu "$one" "rounds%3D$rounds"; done
	CONPROF_CPU_RATE=500 profile_end cxx$rounds "$fixture/shares" >"$dir/shares.out"
	for one in "$dir/cxx$rounds"/*.pb.gz; do upload cxx cpu "$one" "rounds%3D$rounds"; done
	CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=4K profile_end heap$rounds "$fixture/heap" >"$dir/heap.out"
	for one in "$dir/heap$rounds"/*.pb.gz; do upload cxx heap "$one" "rounds%3D$rounds"; done
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

# ---- names, and sample types ----

answers odd "$dir/odd.pb"
upload odd cpu "$dir/odd.pb" ''
odd=/api/0/profiles/$id
fetch whole.json "$odd?format=flame"
same "the nodes and the total" "$(answers flame "$dir/whole.json" 8192)" "9 150"
grep -q '"sample_type":"cpu","unit":"nanoseconds","total":150,"profiles":1,' "$dir/whole.json" ||
	fail "instead of a type without values it shows $(head -c 200 "$dir/whole.json")"
grep -q '"sample_types":\[{"type":"events","unit":"count","total":15},{"type":"cpu".*"total":0}\]' \
	"$dir/whole.json" || fail "its sample types are $(head -c 500 "$dir/whole.json")"
cat >"$dir/wanted" <<'END'
[no stack] 50
main 10
main;[odd+0x40] 40
main;a:b;new line 20
main;a:b;new line;operator_12;<café "x">;tail\ 30
END
fetch folded "$odd?format=folded"
LC_ALL=C sort "$dir/folded" >"$dir/sorted"
cmp -s "$dir/wanted" "$dir/sorted" || fail "folded: $(diff "$dir/wanted" "$dir/sorted")"
answers folded "$dir/whole.json" "$dir/folded"
fetch speedscope "$odd?format=speedscope"
answers speedscope "$dir/whole.json" "$dir/speedscope"
fetch top.json "$odd?format=top&sample_type=events"
grep -q '"sample_type":"events","unit":"count","total":15,' "$dir/top.json" ||
	fail "asked for events it shows $(head -c 200 "$dir/top.json")"
fetch gpu.json "$odd?format=flame&sample_type=gpu"
same "what there is of nothing" "$(answers flame "$dir/gpu.json" 8192)" "1 0"
fetch as.pprof "$odd?format=pprof&sample_type=none"
cmp -s "$dir/as.pprof" "$dir/odd.pb" || fail "as pprof it is not what was uploaded"
get "$odd?format=folded" -D "$dir/headers"
matches "the type of folded text" "$(cat "$dir/headers")" '^Content-Type: text/plain; charset=utf-8'
matches "the name of folded text" "$(cat "$dir/headers")" 'attachment; filename="[-0-9a-z]*\.folded"'
say "names are the same in all formats, and a type without values is not the default"

merge=$(merged python cpu)
asked 400 'bad request: bad \"format\" \"svg\": there is pprof, top, flame, folded, speedscope' "$merge&format=svg"
asked 400 'bad request: bad \"sample_type\" \"heap\": there is samples, cpu' "$merge&format=top&sample_type=heap"
for nodes in 1 1000001 x -5; do
	asked 400 "bad request: bad \\\"nodes\\\" \\\"$nodes\\\": not a number from 2 to 1000000" \
		"$merge&format=flame&nodes=$nodes"
done
asked 404 'nothing found' "$(merged none cpu)&format=flame"
asked 404 'nothing found' '/api/0/profiles/20200101-00000001?format=top'
get '/api/0/profiles?service=odd&type=trace' -X POST --data-binary 'any bytes'
trace=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
asked 422 'cannot merge: profile 1: ' "/api/0/profiles/$trace?format=flame"
asked 422 'cannot merge: profile 2: ' "$odd+$trace"
say "what cannot be answered is said"

fetch one.json "$merge&format=flame"
fetch two.json "/api/0/profile?${merge#*\?}&format=flame"
cmp -s "$dir/one.json" "$dir/two.json" || fail "the route of 2019 has another flame graph"
get "/api/0/profiles?${merge#*\?}"
ids=$(grep -o '"id":"[^"]*"' "$dir/answer" | cut -d '"' -f 4 | paste -s -d +)
fetch two.json "/api/0/profiles/$ids?format=flame"
cmp -s "$dir/one.json" "$dir/two.json" || fail "by ids there is another flame graph"
say "all routes of merges have the formats"

# ---- two selections ----

diff() { printf '/api/0/profiles/diff?service=%s&type=%s&from=0&to=now&base_from=0&base_to=now' "$1" "$2"; }

query="$(diff python cpu)&labels=rounds%3D90&base_labels=rounds%3D120"
fetch one.json "$merge&labels=rounds%3D90&format=flame"
fetch two.json "$merge&labels=rounds%3D120&format=flame"
totals="$(answers flame "$dir/one.json" 8192) $(answers flame "$dir/two.json" 8192)"
totals=$(echo "$totals" | cut -d ' ' -f 2,4)
fetch whole.json "$query&nodes=1000000"
whole=$(answers flame "$dir/whole.json" 1000000)
same "the totals of both sides" "${whole#* }" "$totals"
for nodes in 2 10 100; do
	fetch part.json "$query&format=flame&nodes=$nodes"
	part=$(answers flame "$dir/part.json" $nodes)
	same "the totals with $nodes nodes" "${part#* }" "$totals"
	answers same "$dir/whole.json" "$dir/part.json"
done
fetch folded "$query&format=folded"
answers folded "$dir/whole.json" "$dir/folded"
fetch top.json "$query&format=top"
answers top "$dir/whole.json" "$dir/top.json"
fetch top5.json "$query&format=top&nodes=5"
answers top "$dir/whole.json" "$dir/top5.json"
fetch normalised.json "$query&mode=normalised&nodes=100"
part=$(answers flame "$dir/normalised.json" 100)
same "the totals when they are normalised" "${part#* }" "${totals% *} ${totals% *}"
say "two runs of Python compared: ${whole%% *} nodes, the totals are $totals"

for mode in absolute normalised; do
	query="$(diff python cpu)&mode=$mode"
	fetch whole.json "$query"
	answers flame "$dir/whole.json" 8192 >"$dir/self"
	fetch top.json "$query&format=top"
	answers zero "$dir/whole.json" "$dir/top.json"
done
say "what is compared with itself does not differ"

query="$(diff python cpu)&base_service=cxx"
fetch whole.json "$query"
answers flame "$dir/whole.json" 8192 >"$dir/apart"
apart=$(answers apart "$dir/whole.json")
say "calls of one program alone, compared with another: $apart"

fetch one.json "/api/0/profiles/diff?ids=${odd##*/}&base_ids=${odd##*/},${odd##*/}"
same "the totals of ids" "$(answers flame "$dir/one.json" 8192)" "9 150 300"
none="/api/0/profiles/diff?service=python"
asked 400 'bad request: base: missing \"from\"' "$none&type=cpu&from=0&to=now"
asked 400 'bad request: missing \"from\"' "$none&type=cpu&base_from=0&base_to=now"
asked 405 "base: can't merge profiles of trace type" "$(diff python cpu)&base_type=trace"
asked 404 'base: nothing found' "$(diff python cpu)&base_service=none"
asked 404 'nothing found' "/api/0/profiles/diff?ids=none&base_ids=${odd##*/}"
asked 400 'bad request: base: bad \"ids\"' "/api/0/profiles/diff?ids=${odd##*/}&base_ids=a,,b"
asked 400 'bad request: bad \"mode\" \"x\": there is absolute, normalised' "$(diff python cpu)&mode=x"
asked 400 'bad request: bad \"format\" \"pprof\": there is flame, top, folded' "$(diff python cpu)&format=pprof"
asked 400 'bad request: there is no parameter \"base_label\"; did you mean \"base_labels\"?' \
	"$(diff python cpu)&base_label=rounds%3D90"
asked 422 'cannot compare: the base has no sample type cpu in nanoseconds' "$(diff cxx cpu)&base_type=heap"
say "what cannot be compared is said"
end

# ---- limits ----

begin late --merge-deadline 1ms --compact-after 1h
: >"$dir/acknowledged"
python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/acknowledged" 0 2 2000 >"$dir/load"
for format in pprof flame; do
	asked 422 'cannot merge: it takes more than 0.001 s (--merge-deadline): choose less time, ' \
		"$(merged load cpu)&format=$format"
done
same "merges that were given up" "$(metric merges_late_total)" 2
end
begin late --merge-memory 1M --compact-after 1h
asked 422 'cannot merge: the merge needs more memory than it may have (--merge-memory)' "$(merged load cpu)&format=flame"
fetch top.json "$(merged load cpu)&format=top&limit=1"
same "tables that were sent" "$(metric answers_top_total)" 1
end
begin late --merge-max 100 --compact-after 1h
asked 422 'more than 100 profiles (--merge-max): choose less time, labels or a limit' "$(merged load cpu)"
end
say "a merge ends at its deadline, and at the end of its memory, and not all are merged at once"
