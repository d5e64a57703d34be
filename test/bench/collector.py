#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What conprofd costs, beside the real profefe and google/pprof on the same data: make bench-collector

    collector.py [--profefe PROFEFE] [--rows N] [--markdown]

The profiles are those of a Go program that never does the same twice, from 50 runs of it (see
test/merge/churn.go): heap profiles of about 17 KB. Whoever uploads or asks runs on the same
processors. "per core" is by CPU time of the server alone. Nothing is asserted: a figure says
"within" or "OVER" its budget. PROFEFE is a server with Badger, as for `make oracle`; without it,
and without Go's pprof, their columns stay empty. About 3 minutes with both, and two more to make the profiles.
"""
import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test/oracle"))
import servers  # noqa: E402

CONPROFD = os.path.join(ROOT, "build/conprofd")
UPLOAD = os.path.join(ROOT, "build/bench/upload")
FILL = os.path.join(ROOT, "build/release/store/fill_store")
CHURN = os.path.join(ROOT, "build/churn")
CLIENTS = 16
PAUSE = 0.1         # between two looks at a server
ALWAYS = {"from": "1970-01-01T00:00:01", "to": "2200-01-01T00:00:00"}
YESTERDAY = time.strftime("%Y-%m-%dT", time.gmtime(time.time() - 86400))
DAY = {"from": YESTERDAY + "00:00:00", "to": YESTERDAY + "23:59:59"}
HOUR = {"from": YESTERDAY + "10:00:00", "to": YESTERDAY + "10:59:59"}


class Server(servers.Server):
    """One that is measured: CPU time, memory and disk space of its process."""

    def __init__(self, name, command, directory):
        self.directory = directory
        super().__init__(name, command, directory)

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        with open("/proc/%d/status" % self.process.pid) as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def disk(self):
        total = 0
        for path, _, names in os.walk(self.directory):
            total += sum(os.stat(os.path.join(path, name)).st_blocks * 512 for name in names)
        return total

    def get(self, path, **parameters):
        """Seconds, and bytes of the answer."""
        url = "http://127.0.0.1:%d%s?%s" % (self.port, path, urllib.parse.urlencode(parameters))
        begin = time.monotonic()
        with urllib.request.urlopen(url, timeout=600) as answer:
            size = len(answer.read())
        return time.monotonic() - begin, size

    def figure(self, name):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.port) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return int(line.split()[1])
        raise KeyError(name)

    def await_records(self):
        """Until all profiles are compact records."""
        while self.figure("conprofd_store_compact_profiles") < self.figure("conprofd_store_profiles"):
            time.sleep(PAUSE)

    def await_idle(self):
        """Until it has done what it does by itself."""
        last = -1
        while self.cpu() != last:
            last = self.cpu()
            time.sleep(20 * PAUSE)

    def await_space(self, most):
        """Until retention has taken the uploads away, and less than that is there; or a minute."""
        for _ in range(60):
            if self.disk() < most:
                return
            time.sleep(10 * PAUSE)


def conprofd(directory, *settings):
    return Server("conprofd", [CONPROFD, "--listen", "127.0.0.1:{port}", "--data", "{directory}",
                               "--retention", "0", "--compact-after", "1s", *settings], directory)


def profefe(program, directory):
    return Server("profefe", [program, "-addr", "127.0.0.1:{port}", "-badger.dir", "{directory}"],
                  directory)


def middle(times, server, path, **parameters):
    """The median of some answers in ms."""
    return statistics.median(server.get(path, **parameters)[0] for _ in range(times)) * 1e3


class Table:
    """Rows of a figure for each of those compared; a budget is of the first one."""

    def __init__(self, markdown):
        self.markdown = markdown
        self.show("", "conprofd", "profefe", "google/pprof", "times", "budget")
        if markdown:
            self.show(*["---"] * 6)

    def show(self, *cells):
        if self.markdown:
            print("| " + " | ".join(cells) + " |", flush=True)
        else:
            print("%-44s %14s %14s %14s %7s  %s" % cells, flush=True)

    def add(self, what, unit, ours, theirs=None, library=None, most=None, least=None):
        other = theirs if theirs is not None else library
        ratio = ""
        if other and ours:
            ratio = "%.1f" % (max(other, ours) / min(other, ours))
        budget = ""
        if most is not None:
            budget = "<= %g: %s" % (most, "within" if ours <= most else "OVER")
        if least is not None:
            budget = ">= %g: %s" % (least, "within" if ours >= least else "OVER")
        spelled = ["" if value is None else "%.4g %s" % (value, unit) if value < 1e4 else
                   "%d %s" % (round(value), unit) for value in (ours, theirs, library)]
        self.show(what, *spelled, ratio, budget)


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.table = Table(options.markdown)
        self.files = sorted(glob.glob(CHURN + "/heap/*"))
        self.size = sum(map(os.path.getsize, self.files))

    def upload(self, server, count, kind="heap", clients=CLIENTS):
        out = subprocess.run([UPLOAD, str(server.port), kind, str(clients), str(count),
                              *self.files], check=True, text=True, stdout=subprocess.PIPE).stdout
        taken, seconds, p50, p99 = out.split()
        if int(taken) != count:
            raise SystemExit("FAILED: %s took %s of %d profiles" % (server.name, taken, count))
        return float(seconds), float(p50) / 1e3, float(p99) / 1e3

    def take_in(self, server, count):
        """What can be said of any of them."""
        begin = server.cpu()
        seconds, p50, p99 = self.upload(server, count)
        return {"rate": count / seconds, "core": count / (server.cpu() - begin), "p50": p50, "p99": p99}

    def merge(self, server):
        return middle(5, server, "/api/0/profiles/merge", service="bench", type="heap", **ALWAYS)

    def durable(self):
        """Many profiles, each several times, as from several processes."""
        count = 4 * len(self.files)
        ours = conprofd(self.directory + "/ours")
        mine, theirs = self.take_in(ours, count), {}
        if self.options.profefe:
            other = profefe(self.options.profefe, self.directory + "/profefe")
            theirs = self.take_in(other, count)
            other.end()
        row = self.table.add
        row("profiles taken in, acknowledged on disk", "/s", mine["rate"], theirs.get("rate"))
        row("the same per core", "/s", mine["core"], theirs.get("core"), least=2000)
        row("an upload among %d clients, median" % CLIENTS, "ms", mine["p50"], theirs.get("p50"))
        row("the same, 99 of 100", "ms", mine["p99"], theirs.get("p99"))
        ours.end()

    def recorded(self):
        """Each profile once, until all are compact records and the uploads are gone."""
        count, theirs = len(self.files), {}
        ours = conprofd(self.directory + "/records", "--originals", "1s")
        begin = ours.cpu()
        self.upload(ours, count)
        ours.await_records()
        row = self.table.add
        row("taken in and made compact records, per core", "/s", count / (ours.cpu() - begin))
        if self.options.profefe:
            other = profefe(self.options.profefe, self.directory + "/theirs")
            self.upload(other, count)
            theirs = {"merge": self.merge(other), "memory": other.memory()}
            other.end()
            theirs["disk"] = 100 * other.disk() / self.size
        ours.await_space(self.size / 2)
        row("merge of %d, seen by a client" % count, "ms", self.merge(ours), theirs.get("merge"),
            self.google(), most=100)
        row("most memory", "MB", ours.memory(), theirs.get("memory"), self.google_memory, most=128)
        ours.end()
        row("bytes on disk, of those uploaded", "%", 100 * ours.disk() / self.size, theirs.get("disk"),
            most=25)

    def google(self):
        """The whole job, as a person would do it: Go's pprof reads, merges and writes."""
        self.google_memory = None
        if not shutil.which("go"):
            return None
        tool = subprocess.run(["go", "tool", "-n", "pprof"], text=True, check=True,
                              stdout=subprocess.PIPE).stdout.strip()
        out = os.path.join(self.directory, "merged.pb.gz")
        begin = time.monotonic()
        process = subprocess.Popen([tool, "-proto", "-output", out, *self.files],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            raise SystemExit("FAILED: go tool pprof")
        self.google_memory = usage.ru_maxrss / 1024
        return (time.monotonic() - begin) * 1e3

    def rows(self):
        """Questions to an index of a day with many rows, of 1000 series."""
        data = self.directory + "/rows"
        begin = time.monotonic()
        subprocess.run([FILL, data, "1", str(self.options.rows), "300"], check=True)
        row = self.table.add
        row("rows put into the index", "/s", self.options.rows / (time.monotonic() - begin))
        begin = time.monotonic()
        ours = conprofd(self.directory + "/none", "--data", data)
        row("start with %d rows" % self.options.rows, "ms", (time.monotonic() - begin) * 1e3, most=2000)
        ours.await_idle()
        asked = {"service": "service3", "type": "cpu"}
        for what, path, parameters in (
                ("list one service, an hour", "profiles", {**asked, **HOUR}),
                ("list the newest 100 of its day", "profiles", {"limit": 100, **asked, **DAY}),
                ("list one host, a day", "profiles", {"labels": "host=h7", **asked, **DAY}),
                ("series of one service, a day", "series", {"step": "5m", **asked, **DAY}),
                ("series of all services, a day", "series",
                 {"step": "5m", "group_by": "service", **DAY}),
                ("values of a label", "labels/host", DAY)):
            row(what, "ms", middle(5, ours, "/api/0/" + path, **parameters))
        row("most memory", "MB", ours.memory(), most=128)
        ours.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profefe", default="")
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="conprof-bench-") as directory:
        bench = Bench(options, directory)
        bench.durable()
        bench.recorded()
        bench.rows()


main()
