#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agent.sh -- uploads arrive whole, in order and labelled, and nothing is lost by an absent agent.
. test/e2e/prelude.inc
find_engines

# begin_agent NAME ADDRESS [OPTIONS...]: sets $agent (its pid) and $url.
begin_agent() {
	agent_name=$1
	shift
	python3 test/e2e/agent.py --log "$dir/$agent_name.log" --dir "$dir/$agent_name" "$@" \
		>"$dir/$agent_name.url" 2>"$dir/$agent_name.err" &
	agent=$!
	remember "$agent"
	: >>"$dir/$agent_name.log"
	until_true 10 test -s "$dir/$agent_name.url" || fail "the agent does not start"
	url=$(cat "$dir/$agent_name.url")
}

end_agent() {
	kill "$agent"
	wait "$agent" || fail "an upload was not well-formed: $(grep -m 1 error "$dir/$agent_name.log")"
}

# How many uploads the agent took; a tag of each of them.
uploads() { grep -c '"ok": true' "$dir/$1.log" || :; }
tag() { sed -n "s/.*\"$2\": \"\([^\"]*\)\".*/\1/p" "$dir/$1.log"; }

# The program under the library, with uploads to $url and nothing said.
run() {
	CONPROF_URL=$url LD_PRELOAD=$library "$@" 2>"$dir/program.err" >"$dir/program.out"
	[ ! -s "$dir/program.err" ] || fail "the library said: $(cat "$dir/program.err")"
}

# ---- each engine, both kinds of socket -----------------------------------------------------------

for engine in $engines; do
	case $engine in
	perf) address=unix:$dir/agent.sock ;;
	*) address=tcp:127.0.0.1:0 ;;
	esac
	begin_agent "$engine" "$address" --auth someone:secret
	CONPROF_PERIOD=2 CONPROF_ENGINE=$engine CONPROF_SERVICE=shop \
		CONPROF_LABELS='region=eu-1,note=a%2Cb' \
		CONPROF_SERVER_ID=someone CONPROF_SERVER_TOKEN=secret run "$fixture/burn" one 6500
	end_agent
	count=$(uploads "$engine")
	between "$engine: uploads" "$count" 3 20
	same "$engine: profile_seq" "$(tag "$engine" profile_seq | tr '\n' ' ')" \
		"$(seq 0 $((count - 1)) | tr '\n' ' ')"
	for pair in application_name=shop service=shop region=eu-1 runtime_os=linux; do
		same "$engine: tag ${pair%=*}" "$(tag "$engine" "${pair%=*}" | sort -u)" "${pair#*=}"
	done
	total=$(python3 test/e2e/pprof.py total "$dir/$engine"/*.gz)
	near "$engine: CPU time of all uploads" "$total" "$(cut -d' ' -f1 "$dir/program.out")" 2
	say "$engine: $count uploads over ${address%%:*}, in order, labelled, authorized; $total s"
done

# ---- an agent that comes late ----------------------------------------------------------------------

url=unix://$dir/late.sock
CONPROF_PERIOD=2 CONPROF_URL=$url LD_PRELOAD=$library "$fixture/burn" one 9000 \
	>"$dir/late.out" 2>"$dir/program.err" &
program=$!
remember "$program"
sleep 3
begin_agent late "unix:$dir/late.sock"
wait "$program" || fail "the program failed"
end_agent
between "uploads to a late agent" "$(uploads late)" 3 20
same "the first upload to a late agent" "$(tag late profile_seq | sort -n | head -n 1)" 0
total=$(python3 test/e2e/pprof.py total "$dir/late"/*.gz)
near "CPU time that a late agent got" "$total" "$(cut -d' ' -f1 "$dir/late.out")" 4
say "an agent that comes late gets all there was: $(uploads late) uploads"

# ---- the spool -------------------------------------------------------------------------------------

url=unix://$dir/spool.sock
mkdir -m 700 "$dir/spool"
CONPROF_SPOOL=$dir/spool CONPROF_URL=$url CONPROF_PERIOD=2 LD_PRELOAD=$library \
	"$fixture/burn" one 3500 >"$dir/program.out" 2>"$dir/program.err"
kept=$(find "$dir/spool" -type f | wc -l)
between "files in the spool" "$kept" 1 50
begin_agent spool "unix:$dir/spool.sock"
CONPROF_SPOOL=$dir/spool CONPROF_PERIOD=2 run "$fixture/burn" one 6000
end_agent
pids=$(tag spool process_id | sort -u | wc -l)
same "processes whose profiles came" "$pids" 2
say "a profile in the spool is sent by the next process ($kept files, $(uploads spool) uploads)"

# ---- an agent that never answers -------------------------------------------------------------------

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
begin_agent hole "unix:$dir/hole.sock" --mode blackhole
from=$(milliseconds)
"$fixture/burn" one 1500 >/dev/null
base=$(($(milliseconds) - from))
from=$(milliseconds)
CONPROF_PERIOD=1 CONPROF_URL=$url LD_PRELOAD=$library "$fixture/burn" one 1500 >/dev/null
taken=$(($(milliseconds) - from))
kill "$agent"
wait "$agent" || :
between "milliseconds more with an agent that never answers" $((taken - base)) -60000 2000
say "an agent that never answers: $taken ms instead of $base ms"
