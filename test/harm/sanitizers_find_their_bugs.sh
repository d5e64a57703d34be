#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sanitizers_find_their_bugs.sh -- programs under ASan, shared and static, and TSan are told of
# their bugs.
#
# harm: loading
# level: P1
# naive: stderr
# needs: gcc setarch
asan=$(gcc -print-file-name=libasan.so)
tsan=$(gcc -print-file-name=libtsan.so)

# What a report says beside addresses and numbers of processes. ThreadSanitizer wants the addresses
# of programs where they always were.
run() {
	echo "${2##*/} $3"
	preload=$1
	shift
	LD_PRELOAD=$preload setarch -R "$@" 2>err
	echo "status $?"
	sed -n 's/^.*\(ERROR: [A-Za-z]*: [a-z-]*\).*/\1/p; s/^WARNING: ThreadSanitizer: \(.*\) (pid.*/\1/p
		/^SUMMARY/s/ .*\/\|([^)]*)//gp; /^naive/p' err
}

{
	for what in nothing overflow; do
		run "$asan:$LD_PRELOAD" "$HARM_BIN/sanitized" $what
		run "$LD_PRELOAD" "$HARM_BIN/sanitized_statically" $what
	done
	run "$tsan:$LD_PRELOAD" "$HARM_BIN/races"
}
rm err
