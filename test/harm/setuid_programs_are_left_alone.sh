#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setuid_programs_are_left_alone.sh -- a set-uid program linked with the library is started by
# nobody, with variables of his.
#
# harm: loading
# level: P0
# preload: only=none
# naive: thread, fd
# needs: root gcc setpriv
mkdir open
chmod 1777 open
gcc -D_GNU_SOURCE "${0%/*}/helper/set_uid.c" -o program \
	-Wl,--no-as-needed "$HARM_LIBRARY" || exit 1
chmod 4755 program
CONPROF_URL=file://$PWD/open/profiles,unix://$PWD/open/socket
CONPROF_LOG_FILE=$PWD/open/log
CONPROF_SPOOL=$PWD/open/spool
export CONPROF_URL CONPROF_LOG_FILE CONPROF_SPOOL
export CONPROF_PERIOD=1s CONPROF_LOG_LEVEL=4 CONPROF_CPU_RATE=1000
setpriv --reuid=65534 --regid=65534 --clear-groups ./program
echo "status $?"
rm program
