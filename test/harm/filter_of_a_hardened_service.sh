#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filter_of_a_hardened_service.sh -- in a systemd service that may make the calls of services only, nothing is killed.
#
# harm: life
# level: P0
# needs: python3 perl redis-server
# timeout: 60
#
filter=unit
# shellcheck source=helper/under_filter.inc
. "${0%/*}/helper/under_filter.inc"
