#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stress_ng.sh -- stress-ng --verify: system calls of processes, signals, memory keep their promises.
#
# fleet: --verify of 60 stressors of processes, signals, timers, memory, descriptors, namespaces
# packages: stress-ng
# names: object 30 stress-ng
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

: >log
# stress NAME OPERATIONS...: a fixed amount of work, and an end in any case.
stress() {
	got=0
	"$under" stress-ng --"$1" 1 --"$1"-ops "$2" --timeout 4 --verify --metrics-brief --no-rand-seed \
		--temp-path "$PWD/tmp" --log-file "$PWD/$1.log" >>out 2>&1 || got=$?
	echo "$1: status $got, $(grep -c -E '(fail|error):' "$1.log") failures"
	grep -E '(fail|error|warn):' "$1.log" | sed -E 's/\[[0-9]+\]/[N]/; s/[0-9]+/N/g' | sort -u
	cat "$1.log" >>"$FLEET_ASIDE/stress.log"
	rm -f "$1.log"
}

started=$(date +%s.%N)
for one in fork:200 vfork:500 clone:100 daemon:30 zombie:100 wait:50 pthread:100 context:500 \
	sigq:5000 sigfd:5000 sigrt:500 sigtrap:5000 sigsegv:5000 sigfpe:1000 sigpending:5000 sigsuspend:1000 \
	sigchld:300 sigabrt:30 sigpipe:200 signest:100 timer:5000 timerfd:3000 itimer:500 alarm:10 \
	nanosleep:30 clock:200 mlock:10 mmapfork:2 mprotect:500 brk:5000 stack:5000 bad-altstack:30 close:300 \
	dup:100 pipe:10000 poll:500 eventfd:5000 futex:5000 sem:5000 switch:5000 yield:5000 \
	schedpolicy:500 affinity:500 nice:30 set:30 prctl:20 seccomp:20 unshare:10 usersyscall:500 resources:5 \
	rlimit:50 kill:1000 pidfd:100 ptrace:50 procfs:5 session:30; do
	stress "${one%:*}" "${one#*:}"
done
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
rm -rf out log tmp/*
