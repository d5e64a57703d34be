#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filter_that_kills_for_timers.sh -- where timers, priorities and debugging are answered with death, nothing is killed.
#
# harm: life
# level: P0
# naive: cpu
# needs: python3 perl
# timeout: 60
#
filter=strict
# shellcheck source=helper/under_filter.inc
. "${0%/*}/helper/under_filter.inc"
