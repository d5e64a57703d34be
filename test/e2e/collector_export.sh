#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_export.sh -- profiles leave as a tar, beside a conprofd that runs, and come back as what
# they were.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc
one=$dir/one.pb.gz
python3 test/e2e/load.py make "$one" 100001
python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(open(sys.argv[1], "rb").read()))' \
	"$one" >"$dir/raw.pb"

# ---- some as they were uploaded, some as records only ----------------------------------------------

begin data --originals 1s --compact-after 0
: >"$dir/acknowledged"
python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/acknowledged" 0 4 100 >"$dir/load"
same "uploads" "$(cat "$dir/load")" "100 "
dropped() { grep -q 'which are compact records now' "$log"; }
until_true 60 dropped || fail "the uploads stay"
end
begin data --originals 0 --compact-after 0
post() {
	get "$1" --data-binary "@$2"
	same "status of $1" "$status" 200
}
post '/api/0/profiles?service=web%2F..%2Feu%20%C3%A4&type=cpu&labels=a%252Cb%3D%22x%22%2Cteam%3Dsearch' "$one"
post '/api/0/profiles?service=web&type=heap' "$dir/raw.pb"
post '/api/0/profiles?service=web&type=trace&created_at=2024-01-01T00:00:00.000000001Z' "$one"
if have zstd; then
	zstd -q -f "$dir/raw.pb" -o "$dir/raw.pb.zst"
	post '/api/0/profiles?service=zstd&type=cpu' "$dir/raw.pb.zst"
	others=4
else
	others=3
fi
all=$((100 + others))
compacted() { [ "$(metric store_compact_profiles)" = $((all - 1)) ]; }
until_true 60 compacted || fail "no record is made"

# export NAME [CHOICE...]: into $dir/NAME.tar; sets $profiles, those of the tar.
export_to() {
	export_name=$1
	from=$2
	shift 2
	"$conprofd" export "$from" "$@" >"$dir/$export_name.tar" 2>"$dir/export" ||
		fail "conprofd export $from $*: $(cat "$dir/export")"
	tar tf "$dir/$export_name.tar" >"$dir/$export_name.list" || fail "tar does not read it"
	profiles=$(grep -c '\.json$' "$dir/$export_name.list" || :)
	same "files of profiles" "$(grep -vc '\.json$' "$dir/$export_name.list" || :)" "$profiles"
}
export_to first "$dir/data"
same "exported profiles" "$profiles" "$all"
same "what export says" "$(cat "$dir/export")" \
	"$all profiles exported, $others as they were uploaded, 100 out of their records"
get '/api/0/profiles?service=load&type=cpu&from=0&to=now'
same "profiles of the running one" "$(grep -o '"id"' "$dir/answer" | wc -l)" 100
merge='/api/0/profiles/merge?service=load&type=cpu&from=0&to=now'
get "$merge"
total=$(python3 test/e2e/pprof.py total "$dir/answer")
same "exit status of an import beside it" \
	"$("$conprofd" import "$dir/data" "$dir/first.tar" 2>"$dir/err" || echo $?)" 1
matches "what it says" "$(cat "$dir/err")" 'a conprofd uses it; stop it first'
end
say "an export beside a conprofd holds all of its profiles"

state() { (cd "$dir/data" && find . -type f -exec sha256sum {} + | sort && find . | sort); }
state >"$dir/before"
export_to again "$dir/data"
state >"$dir/after"
cmp -s "$dir/before" "$dir/after" || fail "an export changes the directory"
cmp -s "$dir/first.tar" "$dir/again.tar" || fail "the same export is another one"
say "an export changes nothing"

# ---- there and back --------------------------------------------------------------------------------

unpack() {
	mkdir "$dir/$1"
	tar xf "$dir/$1.tar" -C "$dir/$1" || fail "tar does not unpack $1"
}
import_from() { # INTO TAR COUNTS [OPTIONS...]
	into=$1
	tar=$2
	counts=$3
	shift 3
	"$conprofd" import "$dir/$into" "$tar" "$@" >"$dir/import" 2>"$dir/err" ||
		fail "conprofd import $into: $(cat "$dir/err" "$dir/import")"
	same "what import says" "$(head -n 1 "$dir/import")" "$counts"
}
import_from copy "$dir/first.tar" "$all profiles stored, 0 known already, 0 refused"
import_from copy - "0 profiles stored, $all known already, 0 refused" <"$dir/first.tar"
same "lines about retention" "$(wc -l <"$dir/import")" 1
export_to second "$dir/copy"
same "what the second export says" "$(cat "$dir/export")" \
	"$all profiles exported, $all as they were uploaded, 0 out of their records"
unpack first
unpack second
diff -r "$dir/first" "$dir/second" >"$dir/diff" || fail "it is not the same: $(head -n 3 "$dir/diff")"
find "$dir/first" -path '*/web_.._eu__*' -name '*.pb.gz' -exec cmp {} "$one" \; >"$dir/cmp" 2>&1
same "an upload in the tar" "$(cat "$dir/cmp")" ""
same "uploads with an odd name" "$(find "$dir/first" -path '*/web_.._eu__*' -name '*.json' | wc -l)" 1
"$conprofd" check "$dir/copy" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
if have go; then
	find "$dir/first" -path '*/load/*' -name '*.pb.gz' | head -n 1 >"$dir/some"
	PPROF_TMPDIR=$dir go tool pprof -raw "$(cat "$dir/some")" >"$dir/top" 2>&1 ||
		fail "go tool pprof does not take an exported profile: $(tail -n 1 "$dir/top")"
fi
begin copy --originals 0
get "$merge"
near "the merged total of what was imported" "$(python3 test/e2e/pprof.py total "$dir/answer")" "$total" 0.001
get '/api/0/labels/team?service=web%2F..%2Feu%20%C3%A4'
answers 200 '["search"]'
get '/api/0/profiles?service=web&type=trace&from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:00.000000001Z'
answers 200 '"type":"trace"'
post '/api/0/profiles?service=web&type=heap' "$dir/raw.pb"
same "profiles after a repeated upload" "$(metric store_profiles)" "$all"
end
say "what was exported is imported as what it was, once"

# ---- a choice --------------------------------------------------------------------------------------

chosen() { # COUNT CHOICE...
	wanted=$1
	shift
	export_to choice "$dir/data" "$@"
	same "profiles of export $*" "$profiles" "$wanted"
}
chosen 100 --service load
chosen 2 --service web
chosen 1 --type trace --from 2024-01-01T00:00:00 --to 2024-01-02T00:00:00
chosen 1 --labels team=search
chosen 100 --selector '{service=~"lo.d",type="cpu"}'
chosen 0 --to 1999-01-01T00:00:00
for words in "--service load" "$dir/data --nothing x" "$dir/data --from x" "$dir/data --type" \
	"$dir/data --labels a=%zz" "$dir/data $dir/copy"; do
	status=0
	# shellcheck disable=SC2086 # they are words
	"$conprofd" export $words >"$dir/out" 2>"$dir/err" || status=$?
	same "exit status of export $words" "$status" 2
done
status=0
"$conprofd" export "$dir" >"$dir/out" 2>"$dir/err" || status=$?
same "exit status of an export of another directory" "$status $(cat "$dir/out")" "1 "
matches "what it says" "$(cat "$dir/err")" 'this is no data directory'
say "a choice is written as in queries"

# ---- packed by others, and broken ------------------------------------------------------------------

long=$(printf 'd%.0s' $(seq 120))
mkdir "$dir/$long"
mv "$dir/second" "$dir/$long/s"
for format in gnu pax ustar; do
	if [ $format = ustar ]; then what=s in=$dir/$long; else what=$long/s in=$dir; fi
	tar -c --sort=name --format=$format -f "$dir/$format.tar" -C "$in" "$what"
	rm -rf "$dir/from.$format"
	import_from "from.$format" "$dir/$format.tar" "$all profiles stored, 0 known already, 0 refused"
done
say "what GNU's tar has packed again is read, long names too"

breaks() { # STATUS TEXT FILE: of an import into a new directory
	rm -rf "$dir/broken"
	status=0
	"$conprofd" import "$dir/broken" "$3" >"$dir/import" 2>"$dir/err" || status=$?
	same "exit status of an import of $3" "$status" "$1"
	grep -q -e "$2" "$dir/err" || fail "import of $3 says '$(cat "$dir/err")', without '$2'"
}
head -c 100000 "$dir/first.tar" >"$dir/cut.tar"
breaks 1 'the tar is none, damaged, or cut off' "$dir/cut.tar"
matches "what came before the cut" "$(cat "$dir/import")" '^[1-9][0-9]* profiles stored, '
breaks 1 'the tar is none, damaged, or cut off' "$one"
breaks 1 'No such file' "$dir/none.tar"
mkdir "$dir/bad"
printf 'no profile' >"$dir/bad/a.pb.gz"
cp "$one" "$dir/bad/b.pb.gz"
printf '{"service":"s","type":"cpu","labels":{},"time":"2024-01-01T00:00:00Z","arrived":"%s","key":"%s"}' \
	"$(date -u +%Y-%m-%dT00:00:00Z)" 00112233445566778899aabbccddeeff >"$dir/bad/a.json"
cp "$dir/bad/a.json" "$dir/bad/d.json"
tar -c -f "$dir/bad.tar" -C "$dir" bad/a.json bad/a.pb.gz bad/b.pb.gz bad/d.json
breaks 1 'bad/a.pb.gz: .*malformed' "$dir/bad.tar"
matches "what is refused" "$(cat "$dir/err")" 'bad/b.pb.gz: its .json does not stand before it'
matches "what is refused" "$(cat "$dir/err")" 'bad/d.json: its profile is missing'
same "counts" "$(cat "$dir/import")" "0 profiles stored, 0 known already, 3 refused"
sed 's/"arrived":"[^"]*"/"arrived":"9999-01-01T00:00:00Z"/' "$dir/bad/a.json" >"$dir/bad/c.json"
cp "$one" "$dir/bad/c.pb.gz"
tar -c -f "$dir/bad.tar" -C "$dir" bad/c.json bad/c.pb.gz
breaks 1 'bad/c.json: when it arrived' "$dir/bad.tar"
sed 's/"arrived":"[^"]*"/"arrived":"2024-01-01T00:00:00Z"/' "$dir/bad/a.json" >"$dir/bad/c.json"
tar -c -f "$dir/bad.tar" -C "$dir" bad/c.json bad/c.pb.gz
import_from old "$dir/bad.tar" "1 profiles stored, 0 known already, 0 refused"
matches "what is said of old ones" "$(cat "$dir/import")" '^1 of those stored are older than'
import_from kept "$dir/bad.tar" "1 profiles stored, 0 known already, 0 refused" --retention 0
same "lines about retention" "$(wc -l <"$dir/import")" 1
import_from kept "$dir/bad.tar" "0 profiles stored, 1 known already, 0 refused" --retention-size 1K --retention 0
matches "what is said of the size" "$(cat "$dir/import")" 'bytes are there, --retention-size is 1024'
say "what cannot be used is refused with a reason, and what retention will drop is said"
