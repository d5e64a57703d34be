#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# process.sh -- processes are made and end as without us, and each is profiled as itself.
. test/e2e/prelude.inc
find_engines
# shellcheck disable=SC3045 # dash and bash both have it
ulimit -c 0

# ---- what it prints and how it ends is the same ------------------------------------------------------

# Sets $status; the output goes to $dir/WHERE.stdout and .err. In a shell of its own, because a
# shell says on standard error how its children died.
observe() {
	where=$1
	shift
	status=0
	"$@" >"$dir/$where.stdout" 2>"$dir/$where.err" || status=$?
}

unchanged() {
	case=$1
	observe "$case-base" "$fixture/process" "$@"
	base=$status
	for engine in $engines; do
		mkdir -p "$dir/$case-$engine"
		observe "$case-$engine" timeout 30 env CONPROF_ENGINE="$engine" \
			CONPROF_URL="file://$dir/$case-$engine" LD_PRELOAD="$library" \
			"$fixture/process" "$@"
		same "$engine: status of $case" "$status" "$base"
		for stream in stdout err; do
			cmp -s "$dir/$case-base.$stream" "$dir/$case-$engine.$stream" ||
				fail "$engine: $case has another $stream:" \
					"$(diff "$dir/$case-base.$stream" "$dir/$case-$engine.$stream")"
		done
	done
	say "$case: status $base and output as without the library"
}

for case in vfork spawn system popen thread-exit main-exit abort kill quick underscore status; do
	unchanged $case
done
unchanged exec 200

# Those that end by exit have left a profile of what they burned.
for engine in $engines; do
	for case in vfork spawn system popen thread-exit main-exit status exec; do
		[ "$case" = exec ] || check_profiles "$case-$engine"
	done
	for case in vfork spawn popen thread-exit status; do
		between "$engine: seconds of $case" "$(figure "$case-$engine" total)" 0.25 0.4
	done
done
say "those that end by exit left their last profile"

# ---- three generations -------------------------------------------------------------------------------

for engine in $engines; do
	CONPROF_ENGINE=$engine profile "fork-$engine" "$fixture/process" fork >"$dir/fork.stdout"
	is_silent "fork-$engine"
	check_profiles "fork-$engine"
	same "generations" "$(wc -l <"$dir/fork.stdout")" 3
	while read -r number pid used; do
		total=$(python3 test/e2e/pprof.py total "$dir/fork-$engine/process-$pid-cpu"-*)
		near "$engine: seconds of generation $number" "$total" "$used" 5
	done <"$dir/fork.stdout"
	same "$engine: profiles" "$(find "$dir/fork-$engine" -type f | wc -l)" 3
	say "$engine: each generation has profiles of its own: $(cut -d' ' -f3 "$dir/fork.stdout" |
		tr '\n' ' ')s"
done

# ---- a daemon ----------------------------------------------------------------------------------------

for engine in $engines; do
	rm -f "$dir/pid"
	CONPROF_ENGINE=$engine profile "daemon-$engine" "$fixture/process" daemon "$dir/pid"
	until_true 20 test -s "$dir/pid" || fail "the daemon does not end"
	pid=$(cat "$dir/pid")
	until_true 5 test ! -d "/proc/$pid" || fail "the daemon does not go"
	check_profiles "daemon-$engine"
	near "$engine: seconds of the daemon" \
		"$(python3 test/e2e/pprof.py total "$dir/daemon-$engine/process-$pid-cpu"-*)" 1 8
	say "$engine: a daemon has profiles of its own"
done
