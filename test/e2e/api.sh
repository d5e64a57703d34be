#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# api.sh -- a program may start and stop the profiler itself, and runs without it as well.
. test/e2e/prelude.inc

# run CASE ARGUMENTS...: prints what it prints; the environment asks for another place and service.
run() {
	case=$1
	mkdir -p "$dir/$case"
	CONPROF_SERVICE=from-environment profile "$case-environment" "$fixture/api" "$@" \
		>"$dir/$case.out" || fail "$case: $(cat "$dir/$case.out")"
	is_silent "$case-environment"
}

same "without the library" "$("$fixture/api" plain)" absent
say "a program with weak references runs without the library"
run plain
same "with the library" "$(cat "$dir/plain.out")" present

run order "$dir/order"
check_profiles order
near "seconds while started" "$(figure order seconds '^while_started$')" 1 8
near "seconds after the second start" "$(figure order seconds '^while_started_again$')" 1 8
between "seconds while stopped" "$(figure order seconds '^while_stopped$')" 0 0.05
say "stop first, start twice, stop twice, start again: each as documented"

export CONPROF_TYPES=heap
run types "$dir/types"
unset CONPROF_TYPES
check_profiles types
near "seconds of CPU time" "$(figure types seconds '^while_started$')" 1 8
say "a program may ask for CPU time where the environment asked for allocations"

run retreat "$dir/retreat"
check_profiles retreat
near "seconds before" "$(figure retreat seconds '^while_started$')" 1 8
near "seconds after the second start" "$(figure retreat seconds '^while_started_again$')" 1 8
for service in first second; do
	[ "$(find "$dir/retreat" -name "$service-*" | wc -l)" -ge 1 ] || fail "no profile of $service"
done
say "what was sampled before a worker had to leave is sent before a new beginning"

run threads "$dir/threads"
check_profiles threads
near "seconds at the end" "$(figure threads seconds '^while_started$')" 1 8
say "four threads start and stop 200 times, and it still works"

CONPROF_DISABLE=1 profile disabled "$fixture/api" refused >"$dir/disabled.out" ||
	fail "disabled: $(cat "$dir/disabled.out")"
is_silent disabled
same "profiles of a disabled library" "$(find "$dir/disabled" -type f | wc -l)" 0
say "a disabled library refuses to start"

run options "$dir/options"
check_profiles options
for one in "$dir"/options/*; do
	matches "the name of a profile" "${one##*/}" '^from-program-[0-9]+-cpu-'
done
same "the engine" "$(figure options words engine)" timer
same "the rate" "$(figure options words cpu_rate_hz)" 500
near "seconds sampled" "$(figure options seconds '^while_started$')" 1.5 5
say "options of the program win over the environment"
