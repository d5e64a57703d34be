#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stacks_are_large.sh -- under a limit on memory that holds one of the large stacks asked for.
#
# harm: threads
# level: P0
# naive: thread
(
	ulimit -s 524288
	ulimit -v 900000
	"$HARM_BIN/burns_in_a_thread" 0.3
	echo "one large stack: $?"
)
(
	ulimit -s unlimited
	"$HARM_BIN/burns_in_a_thread" 0.3
	echo "no limit: $?"
)
