#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filter_of_docker.sh -- in a container of Docker, which refuses with EPERM, nothing changes.
#
# harm: life
# level: P0
# needs: python3 perl redis-server
# timeout: 60
#
filter=docker
# shellcheck source=helper/under_filter.inc
. "${0%/*}/helper/under_filter.inc"
