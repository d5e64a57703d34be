#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# guest.sh -- how the worker behaves in a house that is not its own.
. test/e2e/prelude.inc

# The process ends when its last own thread does, with the status of that thread.
for engine in timer perf; do
	status=0
	CONPROF_ENGINE=$engine profile raw-$engine timeout 20 "$fixture/raw_exit" || status=$?
	[ "$status" = 3 ] || fail "$engine: the status after a raw exit is $status, not 3"
	check_profiles raw-$engine
	say "$engine: a raw exit of the last thread ends the process with its status"
done

# Privileges that the program gave up are not kept by the worker.
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$dir"
	mkdir -p "$dir/privileges"
	chmod 777 "$dir/privileges"
	profile privileges "$fixture/drops_privileges" >"$dir/status" ||
		fail "a program that drops its privileges ends with $?"
	[ "$(sort -u "$dir/status" | wc -l)" = 2 ] || fail "threads differ: $(cat "$dir/status")"
	grep -q '^CapEff:.*[1-9a-f]' "$dir/status" && fail "capabilities are left: $(cat "$dir/status")"
	[ "$(wc -l <"$dir/status")" = 4 ] || fail "not two threads: $(cat "$dir/status")"
	say "the worker has given up what the program has given up"
else
	note "privileges: we are not root"
fi

# Our log never goes where the program's data are, and raises no signal in it.
status=0
(
	ulimit -f 0
	CONPROF_PERIOD=x CONPROF_LOG_FILE=$dir/log LD_PRELOAD=$library exec /bin/true
) || status=$?
[ "$status" = 0 ] || fail "a log that may not be written ends the program with $status"
say "a log that may not be written is not written"

if have valgrind; then
	profile valgrind valgrind -q --error-exitcode=9 "$fixture/burn" one 100 >/dev/null ||
		fail "under valgrind the status is $?"
	say "valgrind runs the program, without us"
fi
