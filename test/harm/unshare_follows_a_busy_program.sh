#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# unshare_follows_a_busy_program.sh -- a process that worked executes unshare, again and again.
#
# harm: threads
# level: P0
# naive: thread
# needs: perl unshare
for seconds in 0.05 0.12 0.3; do
	perl -e '1 while times() < $ARGV[0]; shift; exec @ARGV' $seconds unshare -Ur true
	echo "after $seconds s: $?"
done
perl -e '1 while times() < 0.2; $_ = system(qw(unshare -Urm true)); print "child: $_\n"'
