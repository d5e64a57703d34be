# SPDX-License-Identifier: Apache-2.0
# stress_ng.sh -- stress-ng --verify: system calls of processes, signals, memory keep their promises.
#
# fleet: --verify of 60 stressors of processes, signals, timers, memory, descriptors, namespaces
# packages: stress-ng
# names: object 30 stress-ng|libc
# limit: 200
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

: >log
# stress NAME OPERATIONS...: a fixed amount of work, and an end in any case.
stress() {
	got=0
	"$under" stress-ng --"$1" 2 --"$1"-ops "$2" --timeout 6 --verify --metrics-brief --no-rand-seed \
		--temp-path "$PWD/tmp" --log-file "$PWD/$1.log" >>out 2>&1 || got=$?
	echo "$1: status $got, $(grep -c -E '(fail|error):' "$1.log") failures"
	grep -E '(fail|error|warn):' "$1.log" | sed -E 's/\[[0-9]+\]/[N]/; s/[0-9]+/N/g' | sort -u
	cat "$1.log" >>"$FLEET_ASIDE/stress.log"
	rm -f "$1.log"
}

started=$(date +%s.%N)
for one in fork:400 vfork:1500 vforkmany:200 clone:200 daemon:60 exec:150 spawn:150 zombie:300 wait:200 \
	pthread:300 context:2000 sigq:20000 sigfd:20000 sigrt:3000 sigtrap:20000 sigsegv:20000 sigfpe:3000 \
	sigio:2000 sigpending:20000 sigsuspend:5000 sigchld:1000 sigabrt:100 sigpipe:1000 sigpipe:500 signest:500 \
	siglongjmp:500 sigbus:300 timer:50000 timerfd:20000 itimer:2000 alarm:40 nanosleep:100 sleep:200 clock:800 \
	mlock:40 mmapfork:4 mremap:300 mprotect:3000 brk:20000 stack:20000 stackmmap:30 bad-altstack:100 \
	close:2000 dup:300 fd-fork:40 pipe:50000 poll:3000 eventfd:20000 futex:20000 sem:20000 mutex:20000 \
	switch:20000 yield:20000 schedpolicy:2000 affinity:3000 nice:100 set:100 prctl:60 personality:100 \
	seccomp:60 unshare:30 usersyscall:2000 resources:20 rlimit:200 kill:5000 pidfd:500 \
	getrandom:300 tsc:1000 vdso:50000 ptrace:200 procfs:30 env:100 session:100 ; do
	stress "${one%:*}" "${one#*:}"
done
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
rm -rf out log tmp/*
