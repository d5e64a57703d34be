#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# against_perf.sh [perf|timer] -- the top functions of redis-server under redis-benchmark, by conprof
# and by `perf record` of the same run, side by side, RATE=500 a second. Needs root or perf_event_paranoid <= 1.
set -eu
cd "$(dirname "$0")/../.."
engine=${1:-timer}
out=$PWD/build/bench/against_perf
rm -rf "$out"
mkdir -p "$out"
port=7391
CONPROF_PERIOD=300 CONPROF_CPU_DURATION=300 CONPROF_CPU_RATE=${RATE:-500} CONPROF_ENGINE=$engine CONPROF_URL="file://$out" \
	LD_PRELOAD=$PWD/build/libconprof.so redis-server --port $port --save '' >"$out/redis.log" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
sleep 1
perf record -q -e task-clock -F 500 -g -p $server -o "$out/perf.data" >/dev/null 2>&1 &
perf=$!
sleep 0.5
redis-benchmark -p $port -q -n 200000 -c 20 -t set,get,lpush,lrange_100,zadd >/dev/null 2>&1
kill -INT $perf
wait $perf || true
redis-cli -p $port shutdown nosave >/dev/null 2>&1 || true
wait $server || true
trap - EXIT
perf script -i "$out/perf.data" -F ip,sym,dso 2>/dev/null >"$out/perf.txt"
python3 - "$out" "$engine" "${RATE:-500}" <<'END'
import collections, glob, os, re, sys
sys.path.insert(0, "test/e2e")
import pprof
out, engine, rate = sys.argv[1], sys.argv[2], int(sys.argv[3])

def plain(name):
    """One of the several names that libc has for a function."""
    name = re.sub(r"^(__GI_)?_+(libc_)?", "", name)
    return re.sub(r"^mem(cpy|move)_", "memcpy_", re.sub(r"^vdso_", "", name))

def of_perf():
    """The innermost user function of each sample, kernel frames left out."""
    totals = collections.Counter()
    for chain in open(out + "/perf.txt").read().split("\n\n"):
        for line in chain.splitlines():
            m = re.match(r"\s*([0-9a-f]+) (.*) \((.*)\)$", line)
            if not m or int(m[1], 16) >> 47:
                continue
            name = re.sub(r"\+0x[0-9a-f]+$", "", m[2])
            totals["[" + os.path.basename(m[3]) + "]" if name == "[unknown]" else plain(name)] += 1
            break
    return totals

def of_conprof():
    totals = collections.Counter()
    for path in glob.glob(out + "/*.pb.gz"):
        for stack in pprof.Profile(path).stacks:
            totals[plain(stack.functions[0])] += stack.ns
    return totals

a, b = of_conprof(), of_perf()
sa, sb = sum(a.values()), sum(b.values())
worst = 0
print("%-34s %9s %9s %7s" % ("function (engine %s)" % engine, "conprof", "perf", "points"))
for name, value in b.most_common(10):
    x, y = 100 * a[name] / sa, 100 * value / sb
    worst = max(worst, abs(x - y))
    print("%-34s %8.2f%% %8.2f%% %+7.2f" % (name, x, y, x - y))
print("largest difference: %.2f points, over %d and %d samples" % (worst, sa * rate / 1e9, sb))
END
