#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# short_programs_start_at_once.sh -- two hundred programs that do nothing, one after the other.
#
# harm: loading
# level: P0
# naive: connect
# bound: 1.5
i=0
while [ $i -lt 200 ]; do
	/bin/true || echo "failed: $?"
	i=$((i + 1))
done
echo "$i programs"
