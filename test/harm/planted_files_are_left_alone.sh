#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# planted_files_are_left_alone.sh -- spool and log are links, pipes and directories of
# somebody else.
#
# harm: data
# level: P0
# needs: root setpriv
umask 022
echo "the victim's" >victim
chmod 600 victim
mkdir theirs ours foreign
chown 65534 theirs foreign
chmod 777 theirs

# What it would be told to use, laid out by an attacker: NAME COMMAND...
try() {
	CONPROF_SPOOL=$PWD/$1 CONPROF_URL=unix:///nowhere/agent.sock CONPROF_PERIOD=1s \
		CONPROF_LOG_FILE=/dev/null "$HARM_BIN/burns" 0.25
	echo "spool $1: $?"
}

ln -s foreign link
ln -s ../victim foreign/00000000000000000001.parcel
mkfifo pipe
ln victim hard
mkdir full
chmod 700 full
mkfifo full/0000000000000001-1.parcel
ln -s ../victim full/0000000000000002-1.parcel
ln victim full/0000000000000003-1.parcel
mkdir full/0000000000000004-1.parcel
try link
try pipe
try hard
try foreign
try theirs
try full

# A log that is a pipe which nobody reads is not waited for; one that is full neither.
mkfifo log
CONPROF_LOG_FILE=$PWD/log CONPROF_LOG_LEVEL=4 "$HARM_BIN/burns" 0.25
echo "log: $?"
CONPROF_LOG_FILE=/dev/full CONPROF_LOG_LEVEL=4 "$HARM_BIN/burns" 0.25
echo "full log: $?"
ln -s victim loglink
CONPROF_LOG_FILE=$PWD/loglink CONPROF_LOG_LEVEL=4 "$HARM_BIN/burns" 0.25
echo "log that leads elsewhere: $?"
cat victim
stat -c '%h %a %s' victim
find . ! -path './full/*' | sort
rm -rf full
