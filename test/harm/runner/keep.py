# SPDX-License-Identifier: Apache-2.0
"""Runs one program to its end, and says what came of it and what it left behind.

A process of its own for each run, so that whatever loses its parent comes to it (subreaper) and to
no other run. Takes {"argv", "env", "cwd", "timeout"} as JSON on standard input.

What a run costs is its CPU time and the time in which none of its threads could run. Unlike wall
time this is the same on a machine that has other things to do.
"""
import base64
import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LOOK = 0.025
PATIENCE = 15  # a busy machine may take so many times the seconds that a run costs
TICK = os.sysconf("SC_CLK_TCK")
GRACE = 0.5  # what ends by itself so soon after the program was not left behind
MOST_OUTPUT = 4 << 20


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def children(pid):
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return []
    found = []
    for task in tasks:
        found += map(int, read("/proc/%d/task/%s/children" % (pid, task)).split())
    return found


def descendants(pid):
    """Those that live; a zombie is nobody."""
    found = []
    for child in children(pid):
        stat = read("/proc/%d/stat" % child)
        if stat and stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X"):
            found.append(child)
        found += descendants(child)
    return found


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end(living):
    """Kills those that living() tells of, and those that they make meanwhile."""
    while pids := living():
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


def end_all():
    def living():
        reap()
        return descendants(os.getpid())
    end(living)


def left_behind():
    """The names of the descendants that stay."""
    until = time.monotonic() + GRACE
    while True:
        reap()
        living = descendants(os.getpid())
        if not living or time.monotonic() > until:
            return sorted(read("/proc/%d/comm" % pid).decode("latin-1").strip() for pid in living)
        time.sleep(0.02)


class Output:
    """Reads a pipe to its end, for a file would be subject to limits that a pipe knows not."""

    def __init__(self, pipe):
        self.data = b""
        self.pipe = pipe
        self.thread = threading.Thread(target=self.drain, daemon=True)
        self.thread.start()

    def drain(self):
        while True:
            part = os.read(self.pipe.fileno(), 65536)
            if not part:
                return
            if len(self.data) < MOST_OUTPUT:
                self.data += part

    def text(self):
        self.thread.join(5)
        return base64.b64encode(self.data).decode()


class Watch:
    """Adds up what the program and its descendants cost."""

    def __init__(self):
        self.began = self.last = time.monotonic()
        self.stalled = self.cpu = 0.0

    def look(self):
        now = time.monotonic()
        runs, self.cpu = False, ended_cpu()
        for pid in descendants(os.getpid()):
            fields = read("/proc/%d/stat" % pid).rpartition(b")")[2].split()
            self.cpu += sum(map(int, fields[11:15])) / TICK
            runs = runs or any_runs(pid)
        self.stalled += 0 if runs else now - self.last
        self.last = now

    def exceeds(self, limit):
        return self.stalled + self.cpu > limit or self.last - self.began > limit * PATIENCE


def any_runs(pid):
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return False
    for task in tasks:
        stat = read("/proc/%d/task/%s/stat" % (pid, task))
        if stat.rpartition(b")")[2].split()[:1] == [b"R"]:
            return True
    return False


def ended_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(order):
    watch = Watch()
    program = subprocess.Popen(order["argv"], env=order["env"], cwd=order["cwd"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    out, err = Output(program.stdout), Output(program.stderr)
    ended = select.poll()
    ended.register(os.pidfd_open(program.pid), select.POLLIN)
    hangs = False
    while not hangs and not ended.poll(LOOK * 1000):
        watch.look()
        hangs = watch.exceeds(order["timeout"])
    wall = time.monotonic() - watch.began
    if hangs:
        left = []
        end_all()
        status = None
    else:
        status = program.wait()
        watch.cpu = ended_cpu()
        left = left_behind()
        end_all()
    return {"status": status, "hangs": hangs, "wall": wall, "left": left,
            "seconds": watch.stalled + watch.cpu, "out": out.text(), "err": err.text()}


def give_up(*_):
    end_all()
    os._exit(1)


def main():
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # what whoever began this ignores, as a shell does for its background, no row may ignore
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, give_up)
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, most))
    json.dump(run(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
