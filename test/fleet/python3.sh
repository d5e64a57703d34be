#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# python3.sh -- a program of threads, children of every kind, signals and an event loop.
#
# fleet: threads, subprocess, fork, multiprocessing (fork, spawn, forkserver), asyncio, timers
# packages: python3
# names: object 50 python3
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >program.py <<'END'
"""Does a bit of everything that has to do with processes, and prints sums and statuses."""
import asyncio
import concurrent.futures
import faulthandler
import hashlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time


def burn(number):
    total = hashlib.sha256()
    for i in range(4000):
        total.update(b"%d %d" % (number, i))
    return total.hexdigest()[:8]


def threads():
    found = {}
    def work(n):
        found[n] = [burn(n + k) for k in range(8)][-1]
    for _ in range(5):
        those = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for t in those:
            t.start()
        for t in those:
            t.join()
    print("threads", [found[n] for n in sorted(found)], threading.active_count())


def children():
    statuses = []
    for n in range(80):
        done = subprocess.run(["/bin/sh", "-c", "read x; echo $x $x; exit %d" % (n % 7)],
                              input=b"word%d\n" % n, capture_output=True)
        statuses.append((done.returncode, len(done.stdout), done.stderr))
        burn(n)
    print("children", statuses)


def storm():
    """Children from threads, while others burn."""
    def child(n):
        burn(n)
        return subprocess.call(["/bin/true"]), subprocess.check_output(["/bin/echo", str(n)])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print("storm", list(pool.map(child, range(120))))


def forks():
    statuses = []
    for n in range(60):
        pid = os.fork()
        if pid == 0:
            burn(n)
            os._exit(n)
        if n % 3 == 0:
            os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        statuses.append("killed" if n % 3 == 0 else status)
    try:
        os.wait()
    except ChildProcessError:
        print("forks", statuses, "no child left")


def pools():
    for kind in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(kind).Pool(4) as pool:
            print(kind, hashlib.md5("".join(pool.map(burn, range(100), 5)).encode()).hexdigest())


async def loop():
    async def child(n):
        process = await asyncio.create_subprocess_exec(
            "cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate(b"x" * (100000 + n))
        return len(out), process.returncode
    async def serve(reader, writer):
        writer.write(await reader.readexactly(1000))
        writer.close()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async def client(n):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes([n]) * 1000)
        got = await reader.read()
        writer.close()
        return len(got)
    print("asyncio", await asyncio.gather(*map(child, range(20)), *map(client, range(50))))
    server.close()


def signals():
    """Handlers run as often as alarms were set, and no call comes back early."""
    count = [0]
    signal.signal(signal.SIGALRM, lambda *_: count.__setitem__(0, count[0] + 1))
    for _ in range(10):
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        while not (before := count[0]) and count[0] == before:
            burn(1)
        count_now = time.monotonic() + 0.02
        while time.monotonic() < count_now:
            burn(1)
    print("alarms", count[0], signal.getitimer(signal.ITIMER_REAL))
    signal.signal(signal.SIGPROF, lambda *_: count.__setitem__(0, count[0] + 1))
    count[0] = 0
    signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
    end = time.process_time() + 0.5
    while time.process_time() < end:
        burn(1)
    signal.setitimer(signal.ITIMER_PROF, 0)
    print("profiling alarms:", 5 <= count[0] <= 60)
    early = 0
    for _ in range(30):
        burn(2)
        began = time.monotonic()
        signal.sigtimedwait([signal.SIGUSR1], 0.01)
        early += time.monotonic() - began < 0.01
    print("early", early, sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))


def limits():
    """What a process knows of itself."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("children used time:", used.ru_utime > 0)
    print("descriptors", sorted(int(n) for n in os.listdir("/proc/self/fd"))[:3],
          len(os.listdir("/proc/self/fd")))
    handled = [n for n in range(1, 65) if n not in (32, 33)
               and signal.getsignal(n) not in (signal.SIG_DFL, signal.SIG_IGN, None)]
    print("handled", handled)


def main():
    faulthandler.enable()
    for part in (threads, children, storm, forks, pools, signals, limits):
        began = time.monotonic()
        part()
        print("%s took %.2f s" % (part.__name__, time.monotonic() - began), file=sys.stderr)
    asyncio.run(loop())
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
    sys.exit(7)


if __name__ == "__main__":
    main()
END
started=$(date +%s.%N)
got=0
"$under" /usr/bin/python3 program.py 2>>"$FLEET_ASIDE/took" || got=$?
echo "status $got"
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
# A child that dies of a fault says where, and how.
got=0
# shellcheck disable=SC2016
"$under" /usr/bin/python3 -X faulthandler -c 'import hashlib, os, resource, signal
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for i in range(400000): hashlib.md5(b"x").digest()
os.kill(os.getpid(), signal.SIGSEGV)' 2>fault || got=$?
echo "fault: status $got"
sed 's/0x[0-9a-f]*/ADDRESS/' fault
