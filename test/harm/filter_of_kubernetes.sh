#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# filter_of_kubernetes.sh -- in a container that refuses with ENOSYS, on what looks like an old kernel, nothing changes.
#
# harm: life
# level: P0
# needs: python3 perl redis-server
# timeout: 60
#
filter=kubernetes
# shellcheck source=helper/under_filter.inc
. "${0%/*}/helper/under_filter.inc"
