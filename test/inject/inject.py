#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets each system call of the library fail, one per run, and looks whether the program notices.

    inject.py quick      each call by name: the first and the last, the engines by turns
    inject.py ways       each way through the library to a call: the first, second and last time,
                         each errno of each name, and each name failing from some time on
    inject.py all        the same, and each single call of a run

The program must print the same, end with the same status within a bound, and leave nobody behind;
a profile that arrives must be well-formed, and one that is missing before a later one be counted
in that. Exit status 1 when anything of this was not so; the table says for which calls.
"""
import argparse
import concurrent.futures
import errno
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "test/e2e"))
import agent  # noqa: E402
import pprof  # noqa: E402

BOUND_SECONDS = 10
LATE, NEVER_CAME = 125, 127
ENGINES = ("timer", "perf")

# They take no argument that could be refused, or do not return.
CANNOT_FAIL = ("exit exit_group rt_sigreturn gettid getpid getuid geteuid getgid getegid "
               "sched_yield").split()
# The kernel refuses no clock of a living process; without one the times in a profile are wrong.
TELLS_THE_TIME = ("clock_gettime",)
# What is reported after the call had its effect.
AFTER = ("close",)
CAN_BE_SHORT = "read write pread64 sendto recvfrom".split()
ERRNOS = {
    "open": "EMFILE EACCES ENOENT ENOMEM EINTR", "openat": "EMFILE EACCES ENOMEM",
    "mmap": "ENOMEM EAGAIN EPERM", "mprotect": "ENOMEM EPERM", "madvise": "EINVAL EAGAIN ENOMEM",
    "munmap": "ENOMEM", "mremap": "ENOMEM", "brk": "ENOMEM",
    "timer_create": "EAGAIN ENOMEM EPERM", "timer_settime": "EPERM ENOSYS",
    "timer_delete": "EPERM", "perf_event_open": "EACCES EMFILE ENOMEM ENOSYS EINVAL ENOSPC EBUSY",
    "clone": "EAGAIN ENOMEM EPERM", "socket": "EMFILE EAFNOSUPPORT EPERM ENOMEM",
    "connect": "ECONNREFUSED ENETUNREACH EAGAIN EPERM EINTR",
    "write": "ENOSPC EIO EAGAIN EINTR", "writev": "EPIPE ENOSPC EINTR",
    "sendto": "EPIPE ECONNRESET EAGAIN EINTR ENOMEM", "recvfrom": "ECONNRESET EAGAIN EINTR EIO",
    "read": "EIO EAGAIN EINTR", "pread64": "EIO EINTR ENOSYS", "lseek": "EINVAL",
    "futex": "EAGAIN EINTR ENOSYS", "ioctl": "EINVAL EPERM ENOMEM", "close": "EIO EINTR",
    "process_vm_readv": "EPERM ENOSYS EFAULT", "poll": "EINTR ENOMEM",
    "getdents64": "ENOENT EINTR", "fstat": "EIO EPERM", "rename": "ENOSPC EIO EACCES",
    "flock": "EAGAIN EINTR", "fcntl": "EINVAL EAGAIN", "pidfd_open": "ENOSYS EPERM EMFILE",
}
OTHERWISE = "EPERM ENOSYS"


def call_names():
    """The kernel's names by number."""
    text = subprocess.run(["gcc", "-E", "-dM", "-x", "c", "-"], input="#include <asm/unistd_64.h>",
                          capture_output=True, text=True, check=True).stdout
    return {int(n): name for name, n in re.findall(r"#define __NR_(\w+) (\d+)", text)}


class Try:
    """One run with one failure."""

    def __init__(self, engine, call, name, nth, error, context=None, persists=False):
        self.engine, self.call, self.name, self.nth = engine, call, name, nth
        self.error, self.context, self.persists = error, context, persists

    def options(self):
        short = ["-s"] if self.error == "SHORT" else ["-e", str(getattr(errno, self.error))]
        return [*short, "-c", str(self.call), "-n", str(self.nth),
                *(["-x", self.context] if self.context else []),
                *(["-p"] if self.persists else []), *(["-a"] if self.name in AFTER else [])]

    def __str__(self):
        return "%s %s %s number %d%s%s" % (self.engine, self.name, self.error, self.nth,
                                           " and later" if self.persists else "",
                                           " of way " + self.context if self.context else "")


class Bench:
    """Where the runs happen."""

    def __init__(self, options):
        self.out = os.path.abspath(options.out)
        self.library = os.path.abspath(options.library)
        self.tool = os.path.abspath(os.path.join(options.bin, "inject"))
        self.host = os.path.abspath(os.path.join(options.bin, "host"))
        self.runs = 0
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out)
        self.agent_log = os.path.join(self.out, "agent.log")
        self.agent = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "test/e2e/agent.py"), "tcp:127.0.0.1:0",
             "--log", self.agent_log], stdout=subprocess.PIPE, text=True)
        self.port = self.agent.stdout.readline().strip().rpartition(":")[2]

    def settings(self, engine, directory):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CONPROF_", "LD_"))}
        env.update(CONPROF_ENGINE=engine, CONPROF_CPU_RATE="1000", CONPROF_LOG_LEVEL="4",
                   CONPROF_LOG_FILE=os.path.join(directory, "log"),
                   CONPROF_SPOOL=os.path.join(directory, "spool"),
                   CONPROF_URL="file://%s,tcp://localhost:%s" % (
                       os.path.join(directory, "profiles"), self.port))
        return env

    def run(self, engine, options):
        """(directory, status, standard output, standard error)"""
        self.runs += 1
        directory = os.path.join(self.out, "%05d" % self.runs)
        os.makedirs(os.path.join(directory, "profiles"))
        os.mkdir(os.path.join(directory, "spool"), 0o700)
        done = subprocess.run(
            [self.tool, "-t", str(BOUND_SECONDS), *options, "-L", self.library, self.host],
            env=self.settings(engine, directory), cwd=directory, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=BOUND_SECONDS * 3,
            check=False)
        return directory, done.returncode, done.stdout, done.stderr

    def close(self):
        """What the agent found wrong; that a failing write cuts a request is no news."""
        self.agent.terminate()
        self.agent.wait()
        with open(self.agent_log, encoding="utf-8") as log:
            return [line.strip() for line in log if '"error"' in line and "cut off" not in line]


def numbers(directory):
    """{process: {profile number: path}}"""
    found = defaultdict(dict)
    for name in os.listdir(directory):
        match = re.fullmatch(r"host-(\d+)-cpu-(\d+)\.pb\.gz", name)
        if match:
            found[match[1]][int(match[2])] = os.path.join(directory, name)
    return found


def lost_uploads(profile):
    return sum(int(c.partition("=")[2]) for c in profile.summary["comments"]
               if c.startswith(("lost.uploads_dropped=", "lost.no_memory=")))


def wrong_profiles(directory):
    """What is not as it should be about the files that arrived, or None."""
    kept = os.path.join(directory, "profiles")
    for by_number in numbers(kept).values():
        try:
            read = {n: pprof.Profile(path) for n, path in by_number.items()}
        except agent.Bad as bad:
            return "bad profile: %s" % bad
        last = max(read)
        is_spooled = any(files for _, _, files in os.walk(os.path.join(directory, "spool")))
        if len(read) != last + 1 and not lost_uploads(read[last]) and not is_spooled:
            return "a profile is missing and not counted"
    return None


class Sweep:
    """All tries, the table of them, and what was wrong."""

    def __init__(self, bench, options):
        self.bench = bench
        self.depth = options.depth
        self.jobs = options.jobs
        self.names = call_names()
        self.clean = {}
        self.calls = {}
        self.tried, self.harmed, self.missed = Counter(), Counter(), Counter()
        self.harms = []

    def look(self, engine):
        """A run without a failure: what it prints, and which calls there are."""
        log = os.path.join(self.bench.out, "calls." + engine)
        directory, *seen = self.bench.run(engine, ["-l", log])
        wrong = wrong_profiles(directory)
        if seen[0] or seen[2] or wrong:
            sys.exit("inject.py: the clean run: %s %s" % (seen, wrong))
        self.clean[engine] = seen
        with open(log, encoding="ascii") as lines:
            rows = [line.split() for line in lines]
        self.calls[engine] = [(int(call), context) for _, call, context, _ in rows
                              if self.name(int(call)) not in CANNOT_FAIL]

    def name(self, call):
        return self.names.get(call, str(call))

    def errors(self, name):
        return (ERRNOS.get(name, OTHERWISE) + (" SHORT" if name in CAN_BE_SHORT else "")).split()

    def tries_by_name(self, engine):
        """Each errno of each name: the first, middle and last; and all from there on."""
        counts = Counter(call for call, _ in self.calls[engine])
        for call, count in sorted(counts.items()):
            name = self.name(call)
            for error in self.errors(name):
                for nth in sorted({1, (count + 1) // 2, count}):
                    yield Try(engine, call, name, nth, error)
            for nth in sorted({1, (count + 1) // 2}):
                for error in self.errors(name)[:2]:
                    yield Try(engine, call, name, nth, error, persists=True)

    def tries_by_way(self, engine):
        for (call, context), count in sorted(Counter(self.calls[engine]).items()):
            name = self.name(call)
            for nth in sorted({1, 2, count} - {0} if count > 1 else {1}):
                yield Try(engine, call, name, nth, self.errors(name)[0], context)

    def tries_one_by_one(self, engine):
        for call, count in sorted(Counter(c for c, _ in self.calls[engine]).items()):
            name = self.name(call)
            for nth in range(1, count + 1):
                yield Try(engine, call, name, nth, self.errors(name)[0])

    def quick_tries(self):
        """About a minute of them: each name under one engine, those of one engine under it."""
        counts = {e: Counter(call for call, _ in self.calls[e]) for e in self.calls}
        for index, call in enumerate(sorted(set().union(*counts.values()))):
            engines = [e for e in counts if counts[e][call]]
            engine = engines[index % len(engines)]
            name = self.name(call)
            yield Try(engine, call, name, 1, self.errors(name)[0])
            if counts[engine][call] > 2:
                yield Try(engine, call, name, counts[engine][call] // 2, self.errors(name)[-1])

    def tries(self):
        if self.depth == "quick":
            return list(self.quick_tries())
        result = []
        for engine in self.calls:
            result += self.tries_by_name(engine)
            result += self.tries_by_way(engine)
            if self.depth == "all":
                result += self.tries_one_by_one(engine)
        return result

    def judge(self, attempt):
        """(whether the call came, what was wrong or None)"""
        directory, *seen = self.bench.run(attempt.engine, attempt.options())
        if seen[0] == NEVER_CAME:
            shutil.rmtree(directory)
            return False, None
        wrong = None if attempt.name in TELLS_THE_TIME else wrong_profiles(directory)
        clean = self.clean[attempt.engine]
        if seen[0] == LATE:
            wrong = "not ended after %d s" % BOUND_SECONDS
        elif seen[0] != clean[0]:
            wrong = "status %d" % seen[0]
        elif seen[1:] != clean[1:]:
            wrong = "printed %r" % seen[1:]
        if not wrong:
            shutil.rmtree(directory)
        return True, wrong and "%s (%s)" % (wrong, directory)

    def run(self):
        tries = self.tries()
        began = time.monotonic()
        print("inject: %d runs" % len(tries), flush=True)
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for done, (attempt, (came, wrong)) in enumerate(
                    zip(tries, pool.map(self.judge, tries)), 1):
                key = attempt.engine, attempt.name
                self.tried[key] += came
                self.missed[key] += not came
                self.harmed[key] += bool(wrong)
                if wrong:
                    self.harms.append("%s: %s" % (attempt, wrong))
                    print("HARM: " + self.harms[-1], flush=True)
                if done % 100 == 0:
                    print("inject: %d of %d, %d s, %d harmed" % (
                        done, len(tries), time.monotonic() - began, len(self.harms)), flush=True)

    def table(self):
        lines = ["%-8s %-20s %6s %6s %6s" % ("engine", "call", "tried", "harmed", "missed")]
        lines += ["%-8s %-20s %6d %6d %6d" % (*key, self.tried[key], self.harmed[key],
                                              self.missed[key])
                  for key in sorted(set(self.tried) | set(self.missed))]
        lines.append("%d failures injected, %d harmed; %d times the call did not come again" % (
            sum(self.tried.values()), sum(self.harmed.values()), sum(self.missed.values())))
        return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("depth", choices=("quick", "ways", "all"))
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--library", default=os.path.join(ROOT, "build/libconprof.so"))
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/inject"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build/inject"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    bench = Bench(options)
    sweep = Sweep(bench, options)
    try:
        for engine in options.engine or ENGINES:
            sweep.look(engine)
        sweep.run()
    finally:
        malformed = bench.close()
    print(sweep.table())
    for line in malformed:
        print("the agent: " + line)
    sys.exit(1 if malformed or sweep.harms else 0)


if __name__ == "__main__":
    main()
