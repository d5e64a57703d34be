#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# beside_other_shims.sh -- stdbuf, fakeroot, eatmydata and faketime do what they do.
#
# harm: loading
# level: P1
# naive: stderr
# needs: fakeroot eatmydata faketime
work='BEGIN { for (i = 0; i < 3000000; i++) s += i % 7; print s }'
stdbuf -oL awk "$work"
stdbuf -o0 seq 3
# shellcheck disable=SC2016 # for the inner shell
fakeroot sh -c 'touch owned; chown 12:34 owned; stat -c %u:%g owned; awk "$1"; id -u' sh "$work"
eatmydata awk "$work" >kept
eatmydata dd if=kept of=copy conv=fsync 2>/dev/null
cmp kept copy && echo "copied"
faketime '2001-01-01 00:00:00' date +%Y
faketime '2001-01-01 00:00:00' awk "$work"
faketime -f '-25y x100' awk "$work"
