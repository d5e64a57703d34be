#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ldd_lists_it_and_no_more.sh -- ldd shows what a program loads, in its order, and nothing
# runs.
#
# harm: loading
# level: P1
# naive: stderr
ldd /bin/sh "$(command -v env)" | sed 's/ (0x.*//; /libconprof.so/d; /naive.so/d'
# The order in which everything is initialised, when it is not only listed.
LD_DEBUG=files /bin/true 2>&1 | sed -n 's/^ *[0-9]*:\s*\(calling [a-z]*: .*\)/\1/p' |
	sed '/libconprof.so/d; /naive.so/d'
