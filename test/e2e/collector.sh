#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector.sh -- conprofd takes what profilers send, keeps it, and gives it back to go tool pprof.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc
one=$dir/one.pb.gz
two=$dir/two.pb.gz
python3 test/e2e/load.py make "$one" 1
python3 test/e2e/load.py make "$two" 2

# ---- our own library, by both kinds of socket ------------------------------------------------------

begin data
for address in "unix://$socket" "$url"; do
	case $address in
	unix:*) service=shop_unix ;;
	*) service=shop_tcp ;;
	esac
	CONPROF_URL=$address CONPROF_SERVICE=$service CONPROF_TYPES=cpu,heap CONPROF_PERIOD=2 \
		CONPROF_LABELS=region=eu-1 LD_PRELOAD=$library "$fixture/burn" one 5000 >"$dir/burn.out"
	whole="service=$service&type=cpu&from=2020-01-01T00:00:00&to=now"
	get "/api/0/profiles/merge?$whole"
	same "status of a merge" "$status" 200
	cp "$dir/answer" "$dir/$service.pb.gz"
	total=$(python3 test/e2e/pprof.py total "$dir/$service.pb.gz")
	near "CPU time that $service has sent" "$total" "$(cut -d' ' -f1 "$dir/burn.out")" 3
	get "/api/0/profiles?$whole&labels=region%3Deu-1"
	answers 200 '"key":"region","value":"eu-1"'
	say "${address%%:*}: what the library sent is there: $total s"
done
if have go; then
	export PPROF_TMPDIR="$dir/pprof"
	mkdir -p "$PPROF_TMPDIR"
	go tool pprof -top "$url/api/0/profiles/merge?$whole" >"$dir/top" 2>"$dir/top.err" ||
		fail "go tool pprof: $(tail -n 1 "$dir/top.err")"
	grep -q 'File: burn' "$dir/top" || fail "go tool pprof shows '$(head -n 3 "$dir/top")'"
	say "go tool pprof reads it over HTTP"
fi

# ---- profefe's API, what is good and what is not ---------------------------------------------------

post() {
	post_query=$1
	shift
	get "$post_query" -X POST "$@"
}

post '/api/0/profiles?service=web&type=cpu&labels=v%3D1,host%3Da%252Cb' --data-binary "@$one"
answers 200 '"labels":[{"key":"host","value":"a,b"},{"key":"v","value":"1"}]'
answers 200 '"created_at":"2023-11-14T22:13:20Z"}}'
first=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
post '/api/0/profiles?service=web&type=cpu&labels=v%3D1,host%3Da%252Cb' --data-binary "@$one"
answers 200 "\"id\":\"$first\""
post '/api/0/profiles?service=web&type=cpu&labels=v%3D2' --data-binary "@$two"
second=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")
post '/api/0/profile?service=web&instance_id=i1&type=heap' --data-binary "@$one"
answers 200 '{"code":200}'
post '/api/0/profiles?service=web&type=trace&created_at=2024-01-01T00:00:00' --data-binary 'any bytes'
answers 200 '"created_at":"2024-01-01T00:00:00Z"'
trace=$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$dir/answer")

refused() { # STATUS TEXT QUERY BODY
	post "$3" --data-binary "$4"
	answers "$1" "\"code\":$1,\"error\":\"$2"
}
refused 400 'bad request: missing \"service\"' '/api/0/profiles?type=cpu' "@$one"
refused 400 'bad request: unknown profile type' '/api/0/profiles?service=web&type=x' "@$one"
refused 400 'bad request: bad \"labels\" ' '/api/0/profiles?service=web&type=cpu&labels=a%3D%25z' "@$one"
refused 400 'bad request: bad \"created_at\" \"x\"' \
	'/api/0/profiles?service=web&type=cpu&created_at=x' "@$one"
refused 400 'bad request: bad \"created_at\" \"1970-01-01T00:00:00\": the epoch itself is no time' \
	'/api/0/profiles?service=web&type=cpu&created_at=1970-01-01T00:00:00' "@$one"
refused 400 'bad request: there is a NUL in the query' '/api/0/profiles?service=web&type=cpu&labels=a%3D%00' "@$one"
refused 400 'malformed profile (could not parse pprof profile: ' \
	'/api/0/profiles?service=web&type=cpu' 'no profile'
refused 400 'malformed profile (could not parse pprof profile: a format of before 2016: of pprof only protocol buffers' \
	'/api/0/profiles?service=web&type=heap' 'heap profile: 1: 64 [2: 128] @ heapprofile'
refused 400 'malformed profile (could not parse pprof profile: ' '/api/0/profiles?service=web&type=cpu' ''
refused 400 'bad request: bad request: bad instance id' '/api/0/profile?service=web&type=cpu' "@$one"
refused 404 'nothing found: there is no such address; to GET there are /api/0/profiles, ' '/api/0/nothing' "@$one"
refused 405 'method not allowed' '/api/0/services' "@$one"

always='from=2020-01-01T00:00:00&to=2030-01-01T00:00:00'
get "/api/0/services"
answers 200 '{"code":200,"body":["shop_tcp","shop_unix","web"]}'
get "/api/0/version"
answers 200 '{"code":200,"body":{"version":'
get "/api/0/profiles?service=web&$always&limit=2"
same "profiles of a list with a limit" "$(grep -o '"id"' "$dir/answer" | wc -l)" 2
get "/api/0/profiles?service=web&type=cpu&$always&selector=%7Bv!%3D%222%22,host%3D~%22a.*%22%7D"
same "profiles that a selector means" "$(grep -o '"id":"[^"]*"' "$dir/answer")" "\"id\":\"$first\""
get "/api/0/profiles?service=web&type=cpu&from=1700000000000000001&to=1700000000000000001"
answers 200 "$first"
for one_time in 2023-11-14T22:13 2023-11-14T23:13:20+01:00 2023-11-14; do
	get "/api/0/profiles?service=web&type=cpu&from=$one_time&to=2023-11-15"
	answers 200 "$first"
done
get "/api/0/profiles?service=web&type=cpu&from=0001-01-01T00:00:00&to=9999-12-31T23:59:59"
answers 200 "$first"
get "/api/0/profiles/$first"
cmp -s "$dir/answer" "$one" || fail "a profile does not come back as it was uploaded"
get "/api/0/profiles/$trace"
answers 200 'any bytes'
get "/api/0/profiles/$first+$second" && cp "$dir/answer" "$dir/merged"
same "status of a merge by ids" "$status" 200
sum=$(python3 test/e2e/pprof.py total "$one" "$two")
near "the merged total" "$(python3 test/e2e/pprof.py total "$dir/merged")" "$sum" 0.001
get "/api/0/profile?service=web&type=cpu&$always"
cmp -s "$dir/answer" "$dir/merged" || fail "both generations of a merge differ"
get "/api/0/profiles/merge?service=web&type=heap&$always"
cmp -s "$dir/answer" "$one" || fail "a merge of one profile is not that profile"

asked() { # STATUS TEXT QUERY
	get "$3"
	answers "$1" "\"code\":$1,\"error\":\"$2"
}
asked 400 'bad request: missing \"service\"' "/api/0/profiles?$always"
asked 400 'bad request: missing \"from\"' '/api/0/profiles?service=web'
asked 400 'bad request: missing \"to\"' '/api/0/profiles?service=web&from=now'
asked 400 'bad request: bad \"from\" timestamp \"x\": time in unsupported format \"x\"; understood are 2006-01-02, ' \
	'/api/0/profiles?service=web&from=x&to=now'
asked 400 'bad request: bad \"limit\"' "/api/0/profiles?service=web&$always&limit=x"
asked 400 'bad request: bad \"limit\"' "/api/0/profiles?service=web&$always&limit=%202"
asked 400 'bad request: there is a NUL in the query' "/api/0/profiles?service=web&$always&labels=v%3D%00"
selecting="/api/0/profiles?service=web&$always&selector="
asked 400 'bad request: bad \"selector\": a label, then =, !=, =~ or !~ was expected' "$selecting%7Ba"
asked 400 'bad request: bad \"selector\": the closing } is missing at its end' "$selecting%7Bv=%222%22"
asked 400 'bad request: bad \"selector\": a comma was expected at byte 8, ' "$selecting%7Bv=%222%22+host=%22a%22%7D"
asked 400 'bad request: bad \"selector\": a value has double quotes, not these, at byte 4, ' "$selecting%7Bv='2'%7D"
asked 400 'bad request: there is no parameter \"label\"; did you mean \"labels\"?' \
	"/api/0/profiles/merge?service=web&type=cpu&$always&label=v%3D1"
asked 400 'bad request: there is no parameter \"form\"; did you mean \"format\"?' \
	"/api/0/profiles/merge?service=web&type=cpu&$always&form=top"
asked 400 'bad request: there is no parameter \"region\" here; there are service, type, ' \
	'/api/0/series?from=now-1h&region=eu'
get "/api/0/profiles/merge?service=web&type=cpu&$always&seconds=5&debug=1"
same "status with parameters of other programs" "$status" 200
asked 404 'nothing found' "/api/0/profiles?service=none&$always"
asked 404 'nothing found: there is no such address; to GET there are /api/0/profiles, ' /
asked 404 'nothing found: there is no such address; ' /api/0/nosuch
asked 404 'nothing found' "/api/0/profiles/merge?service=web&type=mutex&$always"
asked 404 'nothing found' '/api/0/profiles/20200101-00000001'
asked 405 "can't merge profiles of unknown type" "/api/0/profiles/merge?service=web&$always"
asked 405 "can't merge profiles of trace type" "/api/0/profiles/merge?service=web&type=trace&$always"
asked 422 'cannot merge: profile 2: ' "/api/0/profiles/$first+$trace"
say "profefe's API of today and of 2019"

# ---- what there is, and how much of it -------------------------------------------------------------

get "/api/0/types?service=web"
answers 200 '{"type":"cpu","sample_types":["samples/count","cpu/nanoseconds"]}'
answers 200 '{"type":"trace","sample_types":[]}'
get '/api/0/labels?service=web'
answers 200 '["host","instance_id","v"]'
get '/api/0/labels/v?service=web'
answers 200 '["1","2"]'
get '/api/0/labels/host?selector=service%3Dweb,type%3Dcpu'
answers 200 '["a,b"]'
asked 404 'nothing found' '/api/0/labels/none'
around='from=1700000000&to=1700000010&service=web'
get "/api/0/series?$around&type=cpu&sample_type=cpu&step=20s"
line='"group":"","type":"cpu","sample_type":"cpu","unit":"nanoseconds","step":20.000'
total=$(sed "s/.*{$line,\"points\":\[\[1700000000\.000,\([0-9]*\),2\]\]}\]}/\1/" "$dir/answer")
near "the total of a series, in seconds" "$(awk -v t="$total" 'BEGIN { print t / 1e9 }')" "$sum" 0.001
get "/api/0/series?$around&type=cpu&sample_type=samples&group_by=v&step=1"
same "groups of a series" "$(grep -o '"group":"[^"]*"' "$dir/answer" | tr '\n' ' ')" \
	'"group":"1" "group":"2" '
asked 400 'bad request: missing \"from\"' /api/0/series
say "labels, types and series"

# ---- the forms of Blackfire's, Datadog's and Pyroscope's profilers ---------------------------------

form() { post /profiling/v1/input "$@"; }
form -F application_name=oldest -F region=eu -F "cpu=@$one;filename=cpu"
same "status of the first generation" "$status" 200
printf '{"version":"4","start":"2023-11-14T22:13:20Z","end":"2023-11-14T22:14:05+00:00",%s}' \
	'"tags_profiler":"runtime:go,service:binary,application_name:later,profile_seq:0,runtime-id:x"' \
	>"$dir/event.json"
for attempt in first second; do
	form -F "cpu.pprof=@$one;filename=cpu.pprof" -F "delta-heap.pprof=@$two;filename=delta-heap.pprof" \
		-F 'metrics.json=[];filename=metrics.json' -F "event=@$dir/event.json;filename=event.json"
	same "status of the $attempt attempt of a later generation" "$status" 200
done
python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(open(sys.argv[1], "rb").read()))' \
	"$one" >"$dir/raw"
form -F "event=@$dir/event.json;filename=event.json" -F "auto=@$dir/raw;filename=auto.pprof"
same "status of a raw profile" "$status" 200
form -F 'event={;filename=event.json'
answers 400 'the event is no JSON object'
form -H 'Content-Type: text/plain' --data-binary "@$one"
answers 400 'not a multipart/form-data body'
form -F application_name=x -F 'cpu=no profile;filename=cpu'
answers 400 'bad request: '
same "attachments that are left out" "$(metric attachments_left_out_total)" 2
get "/api/0/profiles?service=later&$always"
same "profiles of the later generation, each once" "$(grep -o '"id"' "$dir/answer" | wc -l)" 3
get "/api/0/profiles?service=oldest&type=cpu&$always&labels=region%3Deu"
same "status of the first generation's" "$status" 200
if have zstd; then
	zstd -q -f "$dir/raw" -o "$dir/raw.zst"
	form -F application_name=zstd -F "cpu.pprof=@$dir/raw.zst;filename=cpu.pprof"
	same "status of a zstd profile" "$status" 200
	get "/api/0/profiles/merge?service=zstd&type=cpu&$always"
	near "the total of a zstd profile" "$(python3 test/e2e/pprof.py total "$dir/answer")" \
		"$(python3 test/e2e/pprof.py total "$one")" 0.001
fi
say "the agent's forms in three generations"

post '/ingest?name=pyro%7Bpod%3Da%7D&from=1700000000&format=pprof&spyName=gospy' --data-binary "@$one"
same "status of Pyroscope's raw form" "$status" 200
post '/ingest?name=pyro%7Bpod%3Db%7D&from=1700000000' -F "profile=@$two;filename=profile.pprof"
same "status of Pyroscope's multipart form" "$status" 200
post '/ingest?name=pyro%7Bpod%3Db%7D' -F "profile=@$two;filename=profile.pprof" \
	-F 'sample_type_config={"contentions":{"display-name":"block_count"}};filename=config.json'
get "/api/0/profiles?service=pyro&type=block&$always"
answers 200 '"type":"block"'
post '/ingest?name=pyro%7Bpod&format=pprof' --data-binary "@$one"
answers 400 '"code":400,"message":'
post '/ingest?name=pyro&format=pprof' --data-binary 'no profile'
answers 422 '"code":422,"message":'
get "/api/0/profiles?service=pyro&type=cpu&$always&labels=pod%3Da"
answers 200 '"key":"pyroscope_spy","value":"gospy"'
say "Pyroscope's forms"

# ---- it ends, and begins again ---------------------------------------------------------------------

before=$(metric store_profiles)
end
begin data
same "profiles after a restart" "$(metric store_profiles)" "$before"
get "/api/0/profiles/$first"
cmp -s "$dir/answer" "$one" || fail "a profile is another one after a restart"
get /healthz && answers 200 ok
get /readyz && answers 200 ready
end
"$conprofd" check "$dir/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
matches 'what check says' "$(cat "$dir/check")" 'records, .* whole$'
say "after a restart all is there"
