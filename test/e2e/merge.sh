#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# merge.sh -- profiles merged by us are what google/pprof merges them to, by one thread, by several,
# and by way of records; and what it refuses, we refuse.
. test/e2e/prelude.inc

tools=$root/build/${VARIANT:-release}/merge
pairs=${PAIRS:-15}
first=${FIRST:-1}

have go || { note "google/pprof is not here to be asked"; exit 0; }

raw() { go tool pprof -symbolize=none -raw "$@" 2>"$dir/raw.err"; }

canonical() { python3 test/merge/canonical.py <"$1"; }

# agree WHAT FILE...: the same text, except by records, where samples may come in another order.
agree() {
	what=$1
	shift
	raw "$@" >"$dir/theirs" || fail "$what: google/pprof: $(tail -n 1 "$dir/raw.err")"
	counts=3
	[ $# -lt 16 ] || counts="1 3" # few are not worth a second thread
	for threads in $counts; do
		"$tools/merge_files" -t "$threads" "$dir/out" "$@" || fail "$what: not merged"
		raw "$dir/out" >"$dir/ours" || fail "$what: google/pprof does not take the result"
		cmp "$dir/theirs" "$dir/ours" || fail "$what: differs, by $threads threads"
	done
	"$tools/merge_files" -r -t 3 "$dir/out" "$@" 2>"$dir/figures" || fail "$what: no records"
	raw "$dir/out" >"$dir/ours" || fail "$what: google/pprof does not take the result of records"
	canonical "$dir/theirs" >"$dir/theirs.sorted"
	canonical "$dir/ours" | cmp "$dir/theirs.sorted" - || fail "$what: differs, by records"
}

# ---- programs ----

text='import json, re
for i in range(%d):
    re.findall("(w.)+", json.dumps({"w%%d" %% k: list(range(9)) for k in range(2000)}))'
for rounds in 40 60; do
	# shellcheck disable=SC2059 # the format is the program
	CONPROF_CPU_RATE=500 profile_end python$rounds python3 -c "$(printf "$text" $rounds)"
done
agree "Python" "$dir"/python*/*.pb.gz
say "CPU profiles of Python, with our library"

for run in 1 2; do
	CONPROF_CPU_RATE=500 profile_end cxx$run "$fixture/shares" >"$dir/shares.out"
	CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=4K profile_end heap$run "$fixture/heap" >"$dir/heap.out"
done
agree "C++" "$dir"/cxx*/*.pb.gz
agree "heap" "$dir"/heap*/*.pb.gz
say "CPU profiles of C++ and heap profiles of C, with our library"

GOCACHE=$root/build/go GOFLAGS=-mod=mod go build -o "$dir/profiles" test/merge/profiles.go
for run in a b c; do "$dir/profiles" "$dir" $run; done
agree "Go's CPU" "$dir"/*.cpu
agree "Go's heap" "$dir"/*.heap
say "CPU and heap profiles of Go, its own, with labels"

if raw "$dir/a.cpu" "$dir/a.heap" >/dev/null; then
	fail "google/pprof merges what it should not"
fi
! "$tools/merge_files" "$dir/out" "$dir/a.cpu" "$dir/a.heap" 2>"$dir/refused" ||
	fail "sample types that differ are merged"
matches "the refusal" "$(cat "$dir/refused")" 'profile 2: .* types cpu/nanoseconds and space/bytes'
say "profiles of other types are refused: $(cat "$dir/refused")"

# ---- random ones ----

mkdir -p "$dir/random"
"$tools/random_files" "$dir/random" "$first" "$pairs" 2
i=$first
while [ "$i" -lt $((first + pairs)) ]; do
	agree "random pair $i" "$dir/random/$i.0.pb" "$dir/random/$i.1.pb"
	i=$((i + 1))
done
say "$pairs random pairs"

rm -f "$dir"/random/*
"$tools/random_files" "$dir/random" "$first" 1 60
agree "60 random profiles" "$dir"/random/*.pb
say "60 random profiles at once"

# ---- damaged ones: the same are refused ----

rm -f "$dir"/random/*
"$tools/random_files" -x "$dir/random" "$first" "$pairs" 1
good=0
for one in "$dir"/random/*.pb; do
	verdict=bad
	! raw "$one" >/dev/null || verdict=good
	same "the verdict on $one" "$("$tools/check_files" "$one")" "$one $verdict"
	[ $verdict = bad ] || good=$((good + 1))
done
say "$pairs damaged profiles: $good are valid still, for both of us"
