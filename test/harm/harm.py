#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs programs without and with the library, and shows in what they differ.

A row is a program in this directory that prints what it observes; its first comment says what it
is about and how it is run (runner/rows.py). A cell is an engine, a sink and a mode: amplified (a
thousand samples of CPU time a second, each allocation sampled) or default. What a row does without
the library is what it has to do in every cell. So that this proves something, rows
name modes of a bad library, naive.c, and have to differ under each of them.

What a row says of itself, one to a line, behind the sentence:
    harm: threads            its group: loading, threads, signals, life, unwinding, data, memory
    level: P0                P0 or P1
    naive: thread, cpu+leak  modes of naive.c that it has to catch, each alone; + joins some
    bound: 1.0               seconds that it may cost more, of CPU time and of doing nothing (2.0)
    timeout: 60              seconds of that after which it hangs, without the library
    flags: -O2 -lm           how it is compiled (-O2 -pthread)
    compiler: musl-gcc       and by what
    needs: root perl /a/file without which it is left out, with a note
    engines: timer           only these
    env: NAME=VALUE          in both runs; @ is the directory of the run, and what @/name names is
                             the library's to write, thus not compared
    preload: before=lib/x.so after=lib/y.so   beside the library, in both runs
    preload: only=none       the row loads the library itself: HARM_LIBRARY, in base an empty one
    quick: no                not in the quick cut, which holds all P0 otherwise
    differs: REGEX -- why    a difference that cannot be removed
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
from runner import compare, rows, sinks  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TYPES = {"CONPROF_TYPES": "cpu,heap"}
MODES = {"amplified": {**TYPES, "CONPROF_CPU_RATE": "1000", "CONPROF_HEAP_INTERVAL": "1",
                       "CONPROF_PERIOD": "1s"},
         "default": TYPES}
ALL_CELLS = [(e, s, m) for e in rows.ENGINES for s in sinks.KINDS for m in MODES]
QUICK_CELL = ("timer", "blackhole", "amplified")
NAIVE_ATTEMPTS, QUICK_ROWS = 3, 3
TIME_ATTEMPTS = 3
HANG_LIBRARY, HANG_NAIVE = 15, 2
STRAYS = ["%s/%s" % (place, name) for place in ("/tmp", "/var/tmp", "/run", "/dev/shm")
          for name in ("*conprof*", "*.parcel", "*.pb.gz")]


class Runner:
    def __init__(self, options):
        self.options = options
        self.binaries = os.path.abspath(options.binaries)
        self.library = os.path.abspath(options.library)
        self.work = tempfile.mkdtemp(prefix="harm.", dir=options.tmp)
        os.chmod(self.work, 0o755)
        store = os.path.join(self.work, "sinks")
        os.mkdir(store)
        self.sinks = sinks.Sinks(os.path.join(ROOT, "test/e2e/agent.py"), store)
        self.lock = threading.Lock()
        self.count = 0

    def fresh(self):
        """All names are of one length, lest a stack begin at another place."""
        with self.lock:
            self.count += 1
            path = os.path.join(self.work, "%06d" % self.count)
        os.mkdir(path)
        return path

    def beside(self, row, place):
        name = row.preload.get(place)
        if name and name.startswith("lib/"):
            return os.path.join(self.binaries, name)
        return name

    def environment(self, row, directory, preloaded, extra):
        empty = os.path.join(self.binaries, "lib/empty.so")
        env = {"PATH": os.environ["PATH"], "HOME": directory, "LC_ALL": "C",
               "HARM_BIN": self.binaries, "HARM_LIBRARY": self.library,
               "HARM_SECRET": sinks.CANARY}
        if row.preload.get("only") == "none":
            env["HARM_LIBRARY"] = preloaded or empty
            preloaded = None
        order = [self.beside(row, "before"), preloaded, self.beside(row, "after")]
        if any(order):
            env["LD_PRELOAD"] = ":".join(filter(None, order))
        env.update(extra)
        env.update({name: value.replace("@", directory)
                    for name, value in row.environment.items()})
        return env

    def run(self, row, preloaded, extra, timeout):
        directory = self.fresh()
        order = {"argv": row.command(self.binaries), "cwd": directory, "timeout": timeout,
                 "env": self.environment(row, directory, preloaded, extra)}
        keeper = [sys.executable, "-ISB", os.path.join(HERE, "runner/keep.py")]
        done = subprocess.run(keeper, input=json.dumps(order), capture_output=True, text=True,
                              check=False)
        if done.returncode:
            raise RuntimeError("%s: %s" % (row.name, done.stderr))
        ignored = [name for value in row.environment.values()
                   for name in re.findall("@/([^,:]+)", value)]
        outcome = compare.Outcome(json.loads(done.stdout), directory, ignored)
        shutil.rmtree(directory, ignore_errors=True)
        return outcome

    def base(self, row):
        return self.run(row, None, {}, row.timeout)

    def in_cell(self, row, cell, base):
        engine, sink, mode = cell
        extra = {"CONPROF_ENGINE": engine, "CONPROF_URL": self.sinks.urls[sink], **MODES[mode]}
        return self.run(row, self.library, extra, base.seconds + row.bound + HANG_LIBRARY)

    def naive(self, row, modes, base):
        names = modes.split("+")
        library = "lib/naive_tls.so" if "tls" in names else "lib/naive.so"
        return self.run(row, os.path.join(self.binaries, library), {"NAIVE": ",".join(names)},
                        base.seconds + row.bound + HANG_NAIVE)


class Verdicts:
    """What is known of one row."""

    def __init__(self, row):
        self.row = row
        self.base = None
        self.skipped = row.missing()
        self.unstable = False
        self.cells = {}   # cell: lines of difference
        self.naive = {}   # modes: caught
        self.known = set()
        self.lock = threading.Lock()

    def failed(self):
        return self.unstable or any(self.cells.values()) or not all(self.naive.values())


class Matrix:
    def __init__(self, options, chosen, cells):
        self.options = options
        self.cells = cells
        self.runner = Runner(options)
        self.verdicts = [Verdicts(row) for row in chosen]
        self.named = {}  # modes: how many rows have tried them
        self.strays = strays()
        self.print_lock = threading.Lock()

    def say(self, name, what, verdict, seconds, lines=()):
        with self.print_lock:
            print("  %-44s %-28s %-8s %6.2f s" % (name, what, verdict, seconds), flush=True)
            for line in lines:
                print("      " + line, flush=True)

    def find_base(self, v):
        """The first base that all others have to equal; False when they do not."""
        with v.lock:
            if v.base or v.unstable:
                return not v.unstable
            v.base = self.runner.base(v.row)
            for _ in range(self.options.bases - 1):
                found = compare.differences(v.base, self.runner.base(v.row), v.row.bound)
                if found and not compare.only_time(found):
                    v.unstable = True
                    self.say(v.row.name, "base", "UNSTABLE", v.base.seconds,
                             compare.shortened(found))
            if v.base.status == "hangs":
                v.unstable = True
                self.say(v.row.name, "base", "HANGS", v.base.seconds)
            return not v.unstable

    def unknown(self, v, found):
        """The differences that the row does not declare."""
        rest = []
        for line in found:
            reasons = [why for pattern, why in v.row.differs if pattern.search(line)]
            v.known.update(reasons)
            if not reasons:
                rest.append(line)
        return rest

    def compare_in_cell(self, v, cell):
        outcome = self.runner.in_cell(v.row, cell, v.base)
        return outcome, self.unknown(v, compare.differences(v.base, outcome, v.row.bound))

    def try_cell(self, v, cell):
        outcome, found = self.compare_in_cell(v, cell)
        # Others may have had the processors: then base, right before it, takes longer as well.
        for _ in range(TIME_ATTEMPTS):
            if compare.only_time(found):
                v.base.seconds = max(v.base.seconds, self.runner.base(v.row).seconds)
                outcome, found = self.compare_in_cell(v, cell)
        if found and self.options.bases == 1:
            again = compare.differences(v.base, self.runner.base(v.row), v.row.bound)
            if again and not compare.only_time(again):
                v.unstable = True
                found = ["base differs from itself:"] + again
        v.cells[cell] = found
        self.say(v.row.name, "/".join(cell), "DIFFERS" if found else "same", outcome.seconds,
                 compare.shortened(found))

    def try_naive(self, v, modes):
        for _ in range(NAIVE_ATTEMPTS):
            outcome = self.runner.naive(v.row, modes, v.base)
            found = compare.differences(v.base, outcome, v.row.bound)
            if found:
                break
        v.naive[modes] = bool(found)
        self.say(v.row.name, "naive " + modes, "caught" if found else "MISSED", outcome.seconds,
                 compare.shortened(found) if self.options.verbose else ())

    def do(self, v, cell, modes):
        if not self.find_base(v):
            return
        if cell:
            self.try_cell(v, cell)
        else:
            self.try_naive(v, modes)

    def steps(self, v):
        cells = [c for c in self.cells if c[0] in v.row.engines]
        if v.skipped:
            self.say(v.row.name, "needs " + v.skipped, "skipped", 0)
            return []
        naive = [(v, None, modes) for modes in v.row.naive if self.wants_naive(modes)]
        return ([] if self.options.naive_only else [(v, cell, None) for cell in cells]) + naive

    def wants_naive(self, modes):
        """The quick cut leaves it at some rows for each mode."""
        self.named[modes] = self.named.get(modes, 0) + 1
        return not self.options.no_naive and \
            (not self.options.quick or self.named[modes] <= QUICK_ROWS)

    def run(self):
        """Two at a time: whole rows, or the steps of the only one."""
        jobs = [self.steps(v) for v in self.verdicts]
        if len(jobs) == 1:
            jobs = [[step] for step in jobs[0]]
        pool = concurrent.futures.ThreadPoolExecutor(2)
        try:
            for future in [pool.submit(self.do_all, job) for job in jobs]:
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def do_all(self, job):
        for v, cell, modes in job:
            try:
                self.do(v, cell, modes)
            except (RuntimeError, OSError) as error:
                v.unstable = True
                self.say(v.row.name, "cannot be run", "FAILED", 0, str(error).splitlines()[-3:])

    def failures(self):
        """Everything that makes the whole fail, as texts."""
        found = ["%s fails" % v.row.name for v in self.verdicts if v.failed()]
        store = self.runner.sinks
        found += ["the agent: " + text for text in store.complaints()]
        found += ["a secret is in " + name for name in store.leaks()]
        found += ["left in the system: " + path for path in strays() - self.strays]
        asked = [c for v in self.verdicts for c in v.cells if c[1] == "up"]
        if len(asked) > 20 and not store.uploads():
            found.append("nothing arrived at the agent")
        if self.options.rows == "*" and not self.options.no_naive and not self.options.quick:
            named = {m for v in self.verdicts for modes in v.naive for m in modes.split("+")}
            for mode in rows.naive_modes(os.path.join(HERE, "naive.c")):
                if mode not in named:
                    found.append("no row catches the bad library's " + mode)
        return found


def strays():
    """Files of the library's kind in places that all share."""
    return {path for pattern in STRAYS for path in glob.glob(pattern) if not os.path.isdir(path)}


def cells_text(v):
    if v.skipped:
        return "needs " + v.skipped
    passed = sum(not found for found in v.cells.values())
    return "unstable" if v.unstable else "%d of %d" % (passed, len(v.cells))


def naive_text(v):
    return ", ".join(modes if caught else modes + " MISSED" for modes, caught in v.naive.items())


def table(matrix, markdown):
    for v in matrix.verdicts:
        known = "".join("; known: " + why for why in sorted(v.known))
        fields = (v.row.sentence + known, v.row.group, v.row.level, cells_text(v), naive_text(v))
        if markdown:
            yield "| %s |" % " | ".join(field.replace("|", "\\|") for field in fields)
        else:
            yield "%-44s %-10s %s %-9s %-24s %s" % (v.row.name, *fields[1:], fields[0])


def print_table(matrix):
    if matrix.options.markdown:
        print("| program | group | level | cells | notices the bad library's |")
        print("|---|---|---|---|---|")
    else:
        print("\n%-44s %-10s %s %-9s %-24s %s" % ("row", "group", "  ", "cells", "naive", "says"))
    print("\n".join(table(matrix, matrix.options.markdown)))


def perf_is_permitted(options):
    """The library itself says whether it got the engine that it was asked for."""
    env = dict(os.environ, LD_PRELOAD=os.path.abspath(options.library), CONPROF_ENGINE="perf",
               CONPROF_LOG_LEVEL="3", CONPROF_URL="tcp://127.0.0.1:1")
    burn = "import time\nwhile time.process_time() < 0.4: pass"
    done = subprocess.run([sys.executable, "-c", burn], env=env, stderr=subprocess.PIPE, text=True,
                          check=False)
    return "engine perf" in done.stderr


def chosen_cells(options):
    if options.cells:
        cells = [tuple(cell.split("/")) for cell in options.cells.split(",")]
        for cell in cells:
            if cell not in ALL_CELLS:
                sys.exit("harm: there is no cell " + "/".join(cell))
    else:
        cells = [QUICK_CELL] if options.quick else ALL_CELLS
    if any(cell[0] == "perf" for cell in cells) and not perf_is_permitted(options):
        print("note: perf is not permitted here, only timers are tried")
        cells = [cell for cell in cells if cell[0] != "perf"]
    return cells


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="P0 rows, one cell, and each bad mode in three of them")
    parser.add_argument("--rows", metavar="GLOB,…", default="*", help="only these")
    parser.add_argument("--cells", metavar="ENGINE/SINK/MODE,…", help="only these")
    parser.add_argument("--naive-only", action="store_true")
    parser.add_argument("--no-naive", action="store_true")
    parser.add_argument("--bases", type=int, help="how often base runs (3; quick: 1)")
    parser.add_argument("--markdown", action="store_true", help="the table as the README has it")
    parser.add_argument("--verbose", action="store_true", help="what bad modes made differ, too")
    parser.add_argument("--library", default=os.path.join(ROOT, "build/libconprof.so"))
    parser.add_argument("--binaries", default=os.path.join(ROOT, "build/release/harm"))
    parser.add_argument("--tmp", help="where runs have their directories")
    options = parser.parse_args()
    options.bases = options.bases or (1 if options.quick else 3)
    return options


def main():
    options = parse_options()
    try:
        chosen = [row for row in rows.discover(HERE, options.rows)
                  if row.quick or not options.quick]
    except rows.BadRow as error:
        sys.exit("harm: %s" % error)
    if not chosen:
        sys.exit("harm: there is no row " + options.rows)
    matrix = Matrix(options, chosen, chosen_cells(options))
    try:
        matrix.run()
        failures = matrix.failures()
        uploads = matrix.runner.sinks.uploads()
    finally:
        shutil.rmtree(matrix.runner.work, ignore_errors=True)
    if not options.quick:
        print_table(matrix)
    for text in failures:
        print("harm: " + text)
    compared = sum(len(v.cells) for v in matrix.verdicts)
    caught = sum(sum(v.naive.values()) for v in matrix.verdicts)
    print("harm: %d rows, %d comparisons, %d bad modes noticed, %d uploads, %d failures" %
          (len(chosen), compared, caught, uploads, len(failures)))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
