#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# leaks_are_found.sh -- the library's table of live blocks hides no leak from LeakSanitizer.
#
# harm: memory
# level: P1
# needs: gcc setarch
# naive: stderr, late
lsan=$(gcc -print-file-name=liblsan.so)

run() {
	echo "${2##*/}"
	LD_PRELOAD=$1 setarch -R "$2" 2>err
	echo "status $?"
	grep -o '^SUMMARY.*\|^naive.*' err
}

run "$lsan:$LD_PRELOAD" "$HARM_BIN/leaks"
run "$LD_PRELOAD:$lsan" "$HARM_BIN/leaks"
run "$LD_PRELOAD" "$HARM_BIN/leaks_under_asan"
rm err
