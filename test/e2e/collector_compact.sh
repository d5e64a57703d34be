#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_compact.sh -- profiles become compact records: they are merged to the same, take less room,
# survive their originals and a restart, and an index that is lost.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

merge='/api/0/profiles/merge?service=load&type=cpu&from=0&to=now'

# What go tool pprof makes of a profile, in an order that does not depend on that of its samples.
top_of() {
	if have go; then
		PPROF_TMPDIR=$dir go tool pprof -top -nodecount=100000 "$1" 2>/dev/null |
			grep -v '^File\|^Type\|^Time\|^Duration' | sort
	else
		python3 test/e2e/pprof.py total "$1"
	fi
}

is_compact() { [ "$(metric store_compact_profiles)" = "$(metric store_profiles)" ]; }

begin data --originals 0 --compact-after 0
: >"$dir/acknowledged"
python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/acknowledged" 0 4 300 >"$dir/load"
same "uploads" "$(cat "$dir/load")" "300 "
get "$merge"
same "status of a merge of uploads" "$status" 200
top_of "$dir/answer" >"$dir/top.uploads"
until_true 60 is_compact || fail "only $(metric store_compact_profiles) are compact"
get "$merge"
same "status of a merge of records" "$status" 200
cp "$dir/answer" "$dir/records.pb.gz"
top_of "$dir/records.pb.gz" >"$dir/top.records"
[ -s "$dir/top.uploads" ] || fail "there is nothing in a merge of uploads"
cmp -s "$dir/top.uploads" "$dir/top.records" ||
	fail "merged records differ: $(diff "$dir/top.uploads" "$dir/top.records" | head -n 5)"
count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$dir/acknowledged") || fail "$count"
same "uploads that are kept beside their records" "$count" 300
id=$(head -n 1 "$dir/acknowledged" | cut -d ' ' -f 1)
get "/api/0/profiles/$id"
cp "$dir/answer" "$dir/one.pb.gz"
top_of "$dir/one.pb.gz" >"$dir/top.one"
end
"$conprofd" check "$dir/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
matches "what check says" "$(cat "$dir/check")" ': 60[0-7] records, .* whole$' # rollups of 7 series among them
say "records are merged to what the uploads are merged to"

begin data --originals 1s --compact-after 0
dropped() { grep -q 'which are compact records now' "$log"; }
until_true 60 dropped || fail "the uploads stay"
same "profiles without their uploads" "$(metric store_profiles)" 300
same "dropped profiles" "$(metric retention_dropped_profiles_total)" 0
get "$merge"
top_of "$dir/answer" >"$dir/top.records"
cmp -s "$dir/top.uploads" "$dir/top.records" || fail "records without uploads are merged to something else"
get "/api/0/profiles/$id"
top_of "$dir/answer" >"$dir/top.record"
cmp -s "$dir/top.one" "$dir/top.record" || fail "a profile that is only a record differs"
get "/api/0/profiles?service=load&type=cpu&from=0&to=now"
same "profiles of a list" "$(grep -o '"id"' "$dir/answer" | wc -l)" 300
end
say "records outlive their uploads"

rm "$dir"/data/2*/index.sqlite*
begin data
same "profiles of an index that was made again" "$(metric store_profiles)" 300
get "$merge"
top_of "$dir/answer" >"$dir/top.records"
cmp -s "$dir/top.uploads" "$dir/top.records" || fail "after the index was made again the merge differs"
end
say "an index is made again from records too"
