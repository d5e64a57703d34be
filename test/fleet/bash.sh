#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bash.sh -- a shell of pipes, jobs, traps and time limits.
#
# fleet: pipelines, substitutions, job control, traps, coprocesses, read -t, wait -n, ulimit
# packages: bash coreutils
# names: object 40 bash
# shellcheck disable=SC2016 # for others to expand
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >program <<'END'
spin() { local i; for ((i = 0; i < ${1:-3000}; i++)); do :; done; }
spin 80000
total=0
for i in {1..150}; do
	x=$(spin 50; echo "$i" | cat | tr 0-9 a-j)
	total=$((total + ${#x}))
done
echo "substitutions $total"
for i in {1..100}; do (spin 100; exit $((i % 5))); echo -n "$? "; done; echo
jobs_done=0
for i in {1..60}; do { spin 500; exit 3; } & done
while wait -n; [ $? = 3 ]; do jobs_done=$((jobs_done + 1)); done
echo "jobs $jobs_done"
trap 'caught=$((caught + 1))' USR1
caught=0
for i in {1..50}; do kill -USR1 $$; spin 200; done
echo "traps $caught"
trap 'echo child >>chld' CHLD
set -m
for i in {1..10}; do /bin/true & wait $!; done
set +m
trap - CHLD
wc -l <chld; rm chld
coproc CAT { cat; }
cat=$CAT_PID
echo "through a coprocess" >&"${CAT[1]}"
read -r line <&"${CAT[0]}"
echo "$line"
eval "exec ${CAT[1]}>&-"
wait "$cat"
echo "coprocess: $?"
early=0
for i in {1..10}; do
	spin 2000
	t=${EPOCHREALTIME/./}
	read -t 0.1 -r nothing < <(sleep 0.3)
	[ $? -gt 128 ] && [ $((${EPOCHREALTIME/./} - t)) -ge 100000 ] || early=$((early + 1))
done
echo "early $early"
{ spin 5000; sleep 5; } &
sleep 0.5
kill -TERM $!
wait $!
echo "killed $?"
(ulimit -n 20; spin 60000; exec 19</dev/null; echo "descriptor $?")
(ulimit -t 1; while :; do :; done) 2>/dev/null
echo "time is over $?"
yes | head -n 100000 | sort | uniq -c | wc -l
echo "${PIPESTATUS[*]}"
set -o pipefail
yes | head -n 5 | tail -n 1; echo "pipe $?"
mapfile -t lines < <(seq 50000); echo "${#lines[@]} ${lines[49999]}"
printf '%s\n' "$(<program)" | md5sum
ls /proc/self/fd | wc -l
exec 3>&- 4>&-; { echo given >&5; } 5>given; cat given; rm given
jobs -l
trap 'echo at the end' EXIT
exit 5
END
started=$(date +%s.%N)
got=0
"$under" bash program >said 2>&1 || got=$?
sed -E 's/(line [0-9]+): +[0-9]+ /\1: /' said
echo "status $got"
# As at a terminal, with a process group for each job.
printf 'for i in 1 2 3; do sleep 0.1 & done; wait; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done\nsleep 3 &\nkill %%%%\nwait\nexit 4\n' |
	"$under" bash --norc --noediting -i >interactive 2>&1 || echo "interactive: status $?"
rm interactive said
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
