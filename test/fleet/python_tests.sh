#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# python_tests.sh -- CPython's own tests of signals, processes, threads, time: each has its outcome.
#
# fleet: its own tests of signals, subprocesses, threads, polling, clocks, fault handlers
# packages: python3 libpython3.11-testsuite
# names: object 50 python3
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >one <<'END'
#!/bin/sh
# Outcomes go to a file of their own each: tests run beside one another, as most of them sleep.
mkdir "tmp/$1"
"$FLEET_UNDER" /usr/bin/python3 -m test --tempdir "$PWD/tmp/$1" --junit-xml "$PWD/tmp/$1.xml" "$1" >"tmp/$1.log" 2>&1
echo "$1: status $?" >"tmp/$1.status"
END
started=$(date +%s.%N)
# the longest first
printf '%s\n' test_signal test_subprocess test_faulthandler test_selectors test_poll test_threading \
	test_eintr test_threadsignals test_fork1 test_wait3 test_wait4 test_posix test_thread test_select \
	test_epoll test_time test_os test_pty test_resource | xargs -n 1 -P 4 sh one
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
cat tmp/*.status
/usr/bin/python3 - tmp/*.xml <<'END'
import sys
import xml.etree.ElementTree
outcomes = []
for path in sys.argv[1:]:
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        bad = sorted({child.tag for child in case if child.tag in ("failure", "error", "skipped")})
        outcomes.append("%s %s %s" % (case.get("name"), case.get("result"), " ".join(bad)))
print("\n".join(sorted(outcomes)))
END
# What a failed test said is there for the reader; the files themselves differ by chance.
cat tmp/*.log >"$FLEET_ASIDE/tests.log"
rm -rf tmp/*
