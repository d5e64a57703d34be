#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filter_that_kills_while_something_is_said.sh -- a line in the log costs no program in a hardened service its life.
#
# harm: life
# level: P0
#
# The spool cannot be used, and the worker says so, on a standard error that is not compared.
CONPROF_SPOOL=/dev/null CONPROF_LOG_FILE=stderr CONPROF_LOG_LEVEL=4 \
	"$HARM_BIN/under_filter" unit "$HARM_BIN/burns_in_threads" 0.6 2>said
echo "status $?"
rm said
