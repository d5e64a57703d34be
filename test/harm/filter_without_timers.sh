#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filter_without_timers.sh -- where timers, priorities and debugging are refused, nothing changes.
#
# harm: life
# level: P0
# needs: python3 perl redis-server
# timeout: 60
#
filter=tolerant
# shellcheck source=helper/under_filter.inc
. "${0%/*}/helper/under_filter.inc"
