#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spool_on_a_full_disk.sh -- spool, log and profiles go to a disk without room, then to one that
# cannot be written.
#
# harm: data
# level: P1
# needs: root unshare mount
mkdir disk
# shellcheck disable=SC2016 # for the inner shell
unshare -m sh -c '
	mount -t tmpfs -o size=8k none disk || exit 1
	mkdir -m 700 disk/spool disk/profiles
	head -c 100000 /dev/zero 2>/dev/null >disk/filler
	use() {
		CONPROF_SPOOL=$PWD/disk/spool CONPROF_LOG_FILE=$PWD/disk/log CONPROF_LOG_LEVEL=4 \
			CONPROF_URL=file://$PWD/disk/profiles,unix:///no/agent CONPROF_PERIOD=1s \
			"$HARM_BIN/burns" 1.1
		echo "$1: $?"
	}
	use full
	find disk/spool disk/profiles -type f
	stat -c %s disk/filler
	mount -o remount,ro disk
	use "not to be written"
'
