#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# logs.sh -- silent unless asked, or unless the operator has to know.
. test/e2e/prelude.inc

profile default "$fixture/burn" one 500 >/dev/null
is_silent default
CONPROF_URL=unix://$dir/nobody.sock CONPROF_PERIOD=1 LD_PRELOAD=$library "$fixture/burn" one 1500 \
	>/dev/null 2>"$dir/nobody.err"
is_silent nobody
LD_PRELOAD=$library /bin/true 2>"$dir/true.err"
is_silent true
say "nothing is said at the default level, whether profiles arrive or not"

CONPROF_LOG_LEVEL=3 profile info "$fixture/burn" one 500 >/dev/null
matches "level 3" "$(cat "$dir/info.err")" '^conprof\[[0-9]+\]: info: .*engine (perf|timer)'
CONPROF_LOG_LEVEL=info profile word "$fixture/burn" one 500 >/dev/null
matches "level info" "$(cat "$dir/word.err")" 'engine (perf|timer)'
say "level 3, or info, names the engine"

CONPROF_LOG_LEVEL=3 CONPROF_LOG_FILE=$dir/a.log profile file "$fixture/burn" one 500 >/dev/null
is_silent file
matches "the log file" "$(cat "$dir/a.log")" 'engine (perf|timer)'
say "a log file gets it instead of standard error"

CONPROF_PERIOD=often profile_end bad "$fixture/burn" one 500 >/dev/null
same "lines about a bad value" "$(wc -l <"$dir/bad.err")" 1
for word in CONPROF_PERIOD often 45s; do
	matches "the warning" "$(cat "$dir/bad.err")" "$word"
done
check_profiles bad
say "a bad value is warned of once: $(cat "$dir/bad.err")"

# A directory that cannot be written, to root as well.
CONPROF_URL=file:///proc/nowhere CONPROF_PERIOD=1 LD_PRELOAD=$library "$fixture/burn" one 1500 \
	>"$dir/unwritable.out" 2>"$dir/unwritable.err" || fail "the program failed"
is_silent unwritable
CONPROF_URL=file:///proc/nowhere CONPROF_PERIOD=1 CONPROF_LOG_LEVEL=2 LD_PRELOAD=$library \
	"$fixture/burn" one 1500 >/dev/null 2>"$dir/warned.err" || fail "the program failed"
matches "level 2" "$(cat "$dir/warned.err")" 'warning: .*/proc/nowhere'
say "a target that cannot be written disturbs nobody, and level 2 tells"

CONPROF_LOG_FILE=/proc/nowhere/log profile_end nolog "$fixture/burn" one 500 >/dev/null ||
	fail "the program failed for want of a log file"
check_profiles nolog
say "a log file that cannot be written disturbs nobody"
