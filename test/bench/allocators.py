# SPDX-License-Identifier: Apache-2.0
"""What sampling allocations costs a pair of malloc and free, beside other heap profilers."""
import glob
import os
import subprocess

# pattern, pairs in one run, and how many times as few a profiler gets that takes every allocation
PATTERNS = (("pingpong", 4000000), ("window", 2000000), ("threads", 2000000), ("queue", 1000000),
            ("larson", 1000000))
FEWER_FOR_ALL = 40
STEP_PAIRS = 400


def library(pattern):
    found = sorted(glob.glob(pattern))
    return found[0] if found else None


class Way:
    """One way to run: its environment, what it is compared with, and whether it takes them all."""

    def __init__(self, name, added, base="glibc", takes_all=False):
        self.name, self.added, self.base, self.takes_all = name, added, base, takes_all


def ways(profiled, directory):
    """profiled(NAME=VALUE...) is our environment."""
    ours = profiled(types="heap")
    yield Way("glibc", {}, None)
    yield Way("conprof, heap off", profiled(disable=1))
    yield Way("conprof, heap", ours)
    jemalloc = library("/usr/lib/*/libjemalloc.so.2")
    if jemalloc:
        yield Way("jemalloc", {"LD_PRELOAD": jemalloc}, None)
        yield Way("conprof, heap, jemalloc", dict(ours, LD_PRELOAD="%s %s" % (
            ours["LD_PRELOAD"], jemalloc)), "jemalloc")
        yield Way("jemalloc prof:true,lg_prof_sample:19", {
            "LD_PRELOAD": jemalloc, "MALLOC_CONF": "prof:true,lg_prof_sample:19"}, "jemalloc")
    tcmalloc = library("/usr/lib/*/libtcmalloc.so.4")
    if tcmalloc:
        yield Way("tcmalloc", {"LD_PRELOAD": tcmalloc}, None)
        yield Way("tcmalloc TCMALLOC_SAMPLE_PARAMETER=524288", {
            "LD_PRELOAD": tcmalloc, "TCMALLOC_SAMPLE_PARAMETER": "524288"}, "tcmalloc")
        yield Way("tcmalloc HEAPPROFILE", {
            "LD_PRELOAD": tcmalloc, "HEAPPROFILE": os.path.join(directory, "heap")}, "tcmalloc",
            True)
    heaptrack = library("/usr/lib/heaptrack/libheaptrack_preload.so")
    if heaptrack:
        yield Way("heaptrack", {"LD_PRELOAD": heaptrack,
                                "DUMP_HEAPTRACK_OUTPUT": "/dev/null"}, "glibc", True)


class Allocators:
    def __init__(self, bench, tool, environment):
        self.bench, self.tool, self.environment = bench, tool, environment

    def run(self, way, pattern, pairs):
        done = subprocess.run([self.tool("heap"), pattern, str(pairs)], check=True, text=True,
                              env=dict(self.environment, **way.added), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return float(done.stdout) / pairs

    def steps(self, way):
        """Instructions of a pair; those that make no pair are taken off."""
        counts = []
        most = STEP_PAIRS // FEWER_FOR_ALL if way.takes_all else STEP_PAIRS
        for pairs in (0, most):
            command = [self.tool("steps")] + ["%s=%s" % pair for pair in way.added.items()]
            command += ["--", self.tool("heap"), "steps", str(pairs)]
            done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                                  env=self.environment, stderr=subprocess.DEVNULL, timeout=60)
            counts.append(int(done.stdout))
        return (counts[1] - counts[0]) / most

    def sampled(self, profiled):
        """Microseconds of a pair whose block is sampled: malloc, record, entry, free."""
        done = subprocess.run([self.tool("heap"), "bursts", "4000"], check=True, text=True,
                              env=dict(self.environment, **profiled(types="heap", heap_interval=1)),
                              stdout=subprocess.PIPE)
        return [float(line) / 1e3 for line in done.stdout.split()]

    def pairs(self, chosen, turns, in_turn):
        """Nanoseconds of a pair, by pattern and way, for every turn."""
        figures = {}
        for pattern, pairs in PATTERNS:
            for turn in range(turns):
                for way in in_turn(chosen, turn):
                    count = pairs // FEWER_FOR_ALL if way.takes_all else pairs
                    figures.setdefault((pattern, way.name), []).append(
                        self.run(way, pattern, count))
        return figures

    def figures(self, make, profiled, turns, in_turn):
        """Yields make(what, values, unit, budget)."""
        chosen = list(ways(profiled, self.bench.directory))
        budgets = {"conprof, heap off": 10, "conprof, heap": 25}
        steps = {way.name: self.steps(way) for way in chosen}
        for way in chosen:
            if way.base:
                yield make("instructions added to malloc and free: " + way.name,
                           [steps[way.name] - steps[way.base]], "", budgets.get(way.name))
        yield make("a pair of malloc and free that is sampled", self.sampled(profiled), "us", 2)
        times = self.pairs(chosen, turns, in_turn)
        for pattern, _ in PATTERNS:
            yield make("a pair, %s: glibc alone" % pattern, times[pattern, "glibc"], "ns")
            for way in chosen:
                if way.base:
                    paired = zip(times[pattern, way.base], times[pattern, way.name])
                    yield make("  added by " + way.name, [b - a for a, b in paired], "ns",
                               3 if way.name == "conprof, heap" else None)
