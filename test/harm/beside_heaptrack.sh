#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# beside_heaptrack.sh -- heaptrack profiles the same program, and counts the same allocations.
#
# harm: memory
# level: P1
# needs: heaptrack heaptrack_print
# naive: stderr
count() {
	heaptrack_print "$1" | sed -n 's/^\(calls to allocation functions: [0-9]*\).*/\1/p'
}

heaptrack -o trace "$HARM_BIN/allocates_in_threads" >/dev/null 2>err
echo "status $?"
grep naive err
count trace.*
rm -f trace.* err
