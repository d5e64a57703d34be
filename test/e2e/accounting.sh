#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# accounting.sh -- what the profiles sum up to is what the kernel counted for the program.
. test/e2e/prelude.inc
find_engines

# account CASE PERCENT ARGUMENTS...: burn with these arguments is accounted for to that precision.
account() {
	case=$engine-$1 percent=$2
	shift 2
	CONPROF_ENGINE=$engine profile_end "$case" "$fixture/burn" "$@" >"$dir/$case.out"
	read -r used system <"$dir/$case.out"
	check_profiles "$case"
	is_silent "$case"
	total=$(figure "$case" total)
	near "$case: the sum" "$total" "$used" "$percent"
	say "$case: $total s of $used s ($(off "$total" "$used")), $system s of it in the kernel"
}

for engine in $engines; do
	account one 2 one 4000
	account threads 2 threads 8 1200
	account nice 2 nice 1200
	account system 2 system 3000
	between "$engine: seconds in the kernel" "$system" 1 9
	CONPROF_CPU_RATE=1000 account rate-1000 2 threads 2 1500
	# the last second of the first thread, and where the first tick falls, are not seen at 1 Hz
	CONPROF_CPU_RATE=1 account rate-1 20 threads 2 4000
	account short 2 short 2000 3
done
