#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filters.sh -- profiles come out of containers and services whose system calls are filtered.
. test/e2e/prelude.inc

loader=$root/build/${VARIANT:-release}/harm/under_filter

# Nothing here says that this filter is a container's: it is tried when the program has made a thread.
for filter in docker kubernetes unit; do
	profile_end $filter "$loader" $filter "$fixture/burn" threads 1 400 >/dev/null ||
		fail "$filter: the program ends with $?"
	is_silent $filter
	check_profiles $filter
	near "$filter: CPU time in the profile" "$(figure $filter total)" 0.4 30
	same "$filter: the engine" "$(figure $filter words engine)" timer
	say "$filter: a profile of $(figure $filter total) s arrived in a directory"
done

agent_log=$dir/agent.log
python3 test/e2e/agent.py tcp:127.0.0.1:0 --log "$agent_log" >"$dir/address" 2>"$dir/agent.err" &
remember $!
until_true 5 test -s "$dir/address" || fail "the agent does not start: $(cat "$dir/agent.err")"
for filter in docker kubernetes unit; do
	: >"$agent_log"
	CONPROF_URL=$(cat "$dir/address") CONPROF_PERIOD=1s LD_PRELOAD=$library \
		"$loader" $filter "$fixture/burn" threads 1 2500 >/dev/null ||
		fail "$filter: the program ends with $?"
	until_true 5 grep -q '"ok": true' "$agent_log" || fail "$filter: no upload arrived"
	! grep '"error"' "$agent_log" || fail "$filter: a bad upload"
	say "$filter: $(grep -c '"ok": true' "$agent_log") uploads arrived at an agent"
done
