#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# period.sh -- the sampler is on for the part of each period that was asked for.
. test/e2e/prelude.inc
find_engines

# The worker's periods begin when it is born, after the first 100 ms of CPU time; the program's
# seconds begin with the program. So a period ends in a program's second_0 a little after its
# second_3, which is why the others have to be absent and these two have to share.
for engine in $engines; do
	CONPROF_ENGINE=$engine CONPROF_PERIOD=4 CONPROF_CPU_DURATION=1 \
		profile_end "$engine" "$fixture/period" 10
	is_silent "$engine"
	check_profiles "$engine"
	count=$(find "$dir/$engine" -type f | wc -l)
	between "$engine: profiles of 10 seconds" "$count" 2 3
	figure "$engine" duration | head -n 2 >"$dir/durations"
	while read -r duration; do
		between "$engine: duration" "$duration" 0.85 1.3
	done <"$dir/durations"
	say "$engine: durations are $(tr '\n' ' ' <"$dir/durations")"
	# a program of one thread cannot use more
	for one in "$dir/$engine"/*; do
		between "$engine: seconds in ${one##*/}" "$(python3 test/e2e/pprof.py total "$one")" 0.1 1.4
	done
	last=$(figure "$engine" share '^second_[03]$')
	between "$engine: share of the last seconds" "$last" 90 100
	say "$engine: $last % are in the last second of each period"
done

CONPROF_PERIOD=2 CONPROF_CPU_DURATION=9 profile_end clamped "$fixture/period" 5
is_silent clamped
check_profiles clamped
figure clamped duration | head -n 1 >"$dir/durations"
between "a duration that was to exceed its period" "$(cat "$dir/durations")" 1.8 2.4
say "a duration longer than the period is the period"
