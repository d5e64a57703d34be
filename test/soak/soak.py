#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets redis, python and postgres run for hours with the library and without, and watches them.

Each program runs twice, side by side, under the same small load: once as it is, once with a copy
of the library and an agent that takes profiles, or does every fault in turn. What each process
uses is sampled into samples.csv; summary.txt says whether it stayed flat, rss.svg shows it.
Exit status 1 when something grew, or a program ended.
"""
import argparse
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import report  # noqa: E402
import usage  # noqa: E402

VARIANTS = ("base", "with")


class Program:
    """What both variants of one program have in common; a subclass says how it starts."""

    name = ""
    end_signal = signal.SIGTERM
    agent_mode = "ok"
    environment = {}

    def __init__(self, soak, variant):
        self.soak = soak
        self.variant = variant
        self.dir = os.path.join(soak.out, "%s-%s" % (self.name, variant))
        self.process = None
        os.makedirs(self.dir)

    def settings(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CONPROF_", "LD_"))}
        if self.variant == "with":
            env.update(LD_PRELOAD=self.soak.library, CONPROF_PERIOD="10s",
                       CONPROF_SERVICE=self.name, CONPROF_LOG_FILE=self.path("conprof.log"),
                       CONPROF_URL=self.soak.agent(self.name, self.agent_mode),
                       **self.environment)
        return env

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def launch(self, command, **options):
        with open(self.path("output"), "ab") as output:
            self.process = subprocess.Popen(command, env=self.settings(), cwd=self.dir,
                                            stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, **options)

    def load(self):
        """One helping of load; called every few seconds."""

    def has_ended(self):
        return self.process.poll() is not None

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.end_signal)
        try:
            return self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "hung at its end"


class Python(Program):
    """Its agent does every fault in turn, and its threads come and go under the timer engine."""

    name = "python"
    agent_mode = "cycle"
    environment = {"CONPROF_ENGINE": "timer"}

    def start(self):
        self.launch([sys.executable, os.path.join(HERE, "busy.py"),
                     str(self.soak.seconds + 3600), "0.05"])


class Redis(Program):
    """A benchmark of a few thousand requests every few seconds, now and then a fork to save."""

    name = "redis"

    def start(self):
        self.turn = 0
        self.socket = self.path("redis.sock")
        self.launch(["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.dir,
                     "--save", "", "--appendonly", "no", "--daemonize", "no"])

    def load(self):
        self.turn += 1
        self.soak.quietly(["redis-benchmark", "-s", self.socket, "-n", "800", "-c", "8",
                           "-r", "5000", "-q", "-t", "set,get,incr,sadd,spop"])
        if self.turn % 20 == 0:
            self.soak.quietly(["redis-cli", "-s", self.socket, "bgsave"])


class Postgres(Program):
    """Two connections that stay, and one that is made anew, with its process, every second."""

    name = "postgres"
    end_signal = signal.SIGINT  # SIGTERM would wait for its clients
    agent_mode = "cycle"

    def start(self):
        self.clients = []
        self.tools = tool_directory("postgres", "/usr/lib/postgresql/*/bin")
        self.user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
        if self.user:
            shutil.chown(self.dir, **self.user)
        self.tool("initdb", "-D", self.path("data"), "-U", "postgres", "--auth=trust", "-N")
        self.launch([os.path.join(self.tools, "postgres"), "-D", self.path("data"),
                     "-k", self.dir, "-c", "listen_addresses=", "-c", "shared_buffers=16MB",
                     "-c", "fsync=off", "-c", "max_wal_size=64MB"], **self.user)
        self.soak.until(lambda: os.path.exists(self.path(".s.PGSQL.5432")))
        time.sleep(2)
        self.tool("createdb", "-h", self.dir, "-U", "postgres", "bench")
        self.tool("pgbench", "-h", self.dir, "-U", "postgres", "-q", "-i", "-s", "1", "bench")
        self.bench("-c", "2", "-R", "8")
        self.bench("-c", "1", "-R", "1", "-C", "-S")

    def tool(self, name, *arguments):
        self.soak.quietly([os.path.join(self.tools, name), *arguments], cwd=self.dir, **self.user)

    def bench(self, *arguments):
        self.clients.append(subprocess.Popen(
            [os.path.join(self.tools, "pgbench"), "-h", self.dir, "-U", "postgres", "-n",
             "-T", str(self.soak.seconds + 3600), *arguments, "bench"],
            cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **self.user))

    def has_ended(self):
        return super().has_ended() or any(c.poll() is not None for c in self.clients)

    def stop(self):
        for client in self.clients:
            client.terminate()
            client.wait()
        return super().stop()


PROGRAMS = (Python, Redis, Postgres)


def tool_directory(name, pattern):
    for directory in sorted(glob.glob(pattern), reverse=True):
        if os.access(os.path.join(directory, name), os.X_OK):
            return directory
    found = shutil.which(name)
    if not found:
        raise SystemExit("soak.py: there is no " + name)
    return os.path.dirname(found)


class Soak:
    """All that runs, and the samples of it."""

    def __init__(self, options):
        self.seconds = options.seconds
        self.interval = options.interval
        self.out = os.path.abspath(options.out)
        self.stopping = threading.Event()
        self.agents = []
        self.ended = []
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out)
        os.chmod(self.out, 0o755)
        # a build that goes on beside us must not replace what is mapped
        self.library = os.path.join(self.out, "libconprof.so")
        shutil.copy(options.library, self.library)

    def agent(self, name, mode):
        with open(os.path.join(self.out, name + ".agent.err"), "wb") as errors:
            process = subprocess.Popen(
                [sys.executable, os.path.join(ROOT, "test/e2e/agent.py"), "tcp:127.0.0.1:0",
                 "--mode", mode, "--log", os.path.join(self.out, name + ".agent.log")],
                stdout=subprocess.PIPE, stderr=errors)
        self.agents.append(process)
        return process.stdout.readline().decode().strip()

    def quietly(self, command, **options):
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=120, check=False, **options)

    def until(self, condition):
        for _ in range(300):
            if condition():
                return
            time.sleep(0.1)
        raise SystemExit("soak.py: a server does not start")

    def keep_busy(self, program):
        while not self.stopping.wait(random.uniform(2.5, 3.5)):
            program.load()

    def watch(self, programs):
        """Samples until the time is over or a program has ended."""
        begin = time.monotonic()
        with usage.Table(os.path.join(self.out, "samples.csv")) as table:
            while not self.stopping.is_set():
                now = time.monotonic() - begin
                for program in programs:
                    table.add(now, program.name, program.variant, program.process.pid)
                self.ended = [p.dir for p in programs if p.has_ended()]
                if self.ended or now >= self.seconds:
                    break
                self.stopping.wait(self.interval)

    def run(self):
        programs = [kind(self, variant) for kind in PROGRAMS for variant in VARIANTS]
        try:
            for program in programs:
                program.start()
                threading.Thread(target=self.keep_busy, args=(program,), daemon=True).start()
            self.watch(programs)
        finally:
            self.stopping.set()
            statuses = {p.dir: p.stop() for p in programs if p.process}
            for agent in self.agents:
                agent.terminate()
                agent.wait()
        return statuses


def verdict(soak, statuses):
    text, is_flat = report.summary(os.path.join(soak.out, "samples.csv"))
    for directory in soak.ended:
        text += "ENDED by itself: %s\n" % directory
    for name in (kind.name for kind in PROGRAMS):
        same = [statuses.get(os.path.join(soak.out, "%s-%s" % (name, v))) for v in VARIANTS]
        text += "%s: exit status %s without, %s with the library\n" % (name, *same)
        is_flat &= same[0] == same[1]
        text += "%s: %s\n" % (name, report.agent_summary(os.path.join(soak.out,
                                                                     name + ".agent.log")))
        log = os.path.join(soak.out, name + "-with", "conprof.log")
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as lines:
                text += "%s: %d lines in the library's log\n" % (name, sum(1 for _ in lines))
    return text, is_flat and not soak.ended


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=7200)
    parser.add_argument("--interval", type=float, default=30)
    parser.add_argument("--out", default="build/soak")
    parser.add_argument("--library", default=os.path.join(ROOT, "build/libconprof.so"))
    options = parser.parse_args()
    soak = Soak(options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: soak.stopping.set())
    statuses = soak.run()
    text, is_fine = verdict(soak, statuses)
    report.picture(os.path.join(soak.out, "samples.csv"), os.path.join(soak.out, "rss.svg"))
    with open(os.path.join(soak.out, "summary.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text, end="")
    sys.exit(0 if is_fine else 1)


if __name__ == "__main__":
    main()
