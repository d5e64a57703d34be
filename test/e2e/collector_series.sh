#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_series.sh -- totals over time: units that are never added up, and points that stay where
# they are.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

# upload SERVICE TYPE LABELS SECOND PROFILE: where PROFILE are arguments of bodies.profile.
upload() {
	PYTHONPATH=test/oracle python3 -c "import bodies, sys
sys.stdout.buffer.write(bodies.profile(seconds=$4, $5))" >"$dir/profile"
	get "/api/0/profiles?service=$1&type=$2&labels=$3" -X POST --data-binary "@$dir/profile"
	same "status of an upload" "$status" 200
}

# lines QUERY WANTED: each one as "GROUP TYPE SAMPLE-TYPE UNIT STEP: POINTS".
lines() {
	get "/api/0/series?$1"
	same "status of $get_path" "$status" 200
	python3 -c 'import json, sys
for line in json.load(open(sys.argv[1]))["body"]:
    print(*(line[key] or "-" for key in ("group", "type", "sample_type", "unit")), "%.10g:" % line["step"],
          *("%.10g=%d/%d" % tuple(point) for point in line["points"]))' "$dir/answer" >"$dir/lines"
	same "$get_path" "$(cat "$dir/lines")" "$2"
}

refused() { # STATUS TEXT QUERY
	get "/api/0/series?$3"
	answers "$1" "\"code\":$1,\"error\":\"$2"
}

begin data
for i in 0 1 2 3; do
	upload shop cpu "region%3Deu" $((1000000 + 25 * i)) 'stacks={"main": [2, 20]}'
	upload shop cpu "region%3Dus" $((1000001 + 25 * i)) 'stacks={"main": [1, 10]}'
done
upload shop heap '' 1000000 'types=bodies.HEAP, stacks={"main": [7, 700, 3, 300]}'
upload shop block '' 1000000 'types=bodies.BLOCK, stacks={"main": [9, 900]}'
upload shop mutex '' 1000000 'types=bodies.BLOCK, stacks={"main": [9, 900]}'
upload churn heap '' 1000000 'types=bodies.HEAP, stacks={"main": [7, 700, 0, 0]}'
upload odd other '' 1000000 'types=(("a,b/c", "100 %"), ("", "")), stacks={"main": [5, 0]}'
upload mixed cpu '' 1000000 'stacks={"main": [2, 20]}'
upload mixed cpu '' 1000000 'types=(("cpu", "microseconds"),), stacks={"main": [3]}'
time='from=1000000&to=1000099'

lines "$time&service=shop&step=1h" '- block delay nanoseconds 3600: 997200=900/1
- cpu cpu nanoseconds 3600: 997200=120/8
- heap inuse_space bytes 3600: 997200=300/1
- mutex delay nanoseconds 3600: 997200=900/1'
lines "$time&service=shop&type=cpu&step=1h&group_by=region" 'eu cpu cpu nanoseconds 3600: 997200=80/4
us cpu cpu nanoseconds 3600: 997200=40/4'
lines "$time&service=mixed&sample_type=cpu&step=1d" '- cpu cpu microseconds 86400: 950400=3/1
- cpu cpu nanoseconds 86400: 950400=20/1'
lines "$time&service=shop&sample_type=alloc_objects&step=1d" '- heap alloc_objects count 86400: 950400=7/1'
say "what has another type, or another unit, is not added up"

lines "$time&service=churn&step=1d" '- heap alloc_space bytes 86400: 950400=700/1'
lines "$time&service=odd&step=1d" '- other a,b/c 100 % 86400: 950400=5/1'
lines "$time&service=odd&step=1d&sample_type=a,b/c" '- other a,b/c 100 % 86400: 950400=5/1'
say "the default is no column of zeros"

for from in 999990 1000000; do
	lines "from=$from&to=1000099&service=shop&type=cpu&step=30s" \
		'- cpu cpu nanoseconds 30: 999990=30/2 1000020=30/2 1000050=60/4'
done
lines 'from=1000010&to=1000089&service=shop&type=cpu&step=30s' \
	'- cpu cpu nanoseconds 30: 1000020=30/2 1000050=60/4'
lines 'from=1000000&to=1000060&service=shop&type=cpu&labels=region%3Deu' \
	'- cpu cpu nanoseconds 1: 1000000=20/1 1000025=20/1 1000050=20/1'
lines 'from=990000&to=1020000&service=shop&type=heap' '- heap inuse_space bytes 300: 999900=300/1'
lines 'from=1000000&service=shop&type=heap&step=30d' '- heap inuse_space bytes 2592000: 0=300/1'
say "points begin at multiples of the step, and end now"

refused 400 'bad request: missing \"from\"' to=now
refused 400 'bad request: bad \"step\" \"0\": a time is 30s, 5m, 1h30m or 1d, and at least 1ms' "$time&step=0"
refused 400 'bad request: bad \"step\" \"1x\": a time is ' "$time&step=1x"
refused 400 'bad request: bad \"step\" \"1s\": more than 11000 points: choose a longer one, or less time' \
	'from=0&to=now&step=1s'
refused 400 'bad request: bad \"sample_type\" \"wall\": there is contentions, cpu, delay, samples' \
	"$time&service=shop&sample_type=wall&selector=type!=heap"
refused 404 'nothing found' "$time&service=none"
refused 404 'nothing found' "$time&service=none&sample_type=wall"
say "what is wrong is said"
end
