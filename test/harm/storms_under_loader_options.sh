#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# storms_under_loader_options.sh -- LD_BIND_NOW, LD_AUDIT and both, with neighbours that
# allocate early.
#
# harm: loading
# level: P0
# preload: before=lib/storm.so after=lib/storm_again.so
LD_BIND_NOW=1 "$HARM_BIN/allocations_before_main"
echo "bound at once: $?"
LD_AUDIT=$HARM_BIN/lib/auditor.so "$HARM_BIN/allocations_before_main"
echo "audited: $?"
LD_AUDIT=$HARM_BIN/lib/auditor.so LD_BIND_NOW=1 "$HARM_BIN/allocations_before_main"
echo "both: $?"
