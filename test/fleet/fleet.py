#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs real programs without and with the library and compares all that can be seen of them.

    fleet.py [--markdown] [--modes timer,perf,default] [PROGRAM...]

A program is a script test/fleet/PROGRAM.sh. It does its work in an empty directory, starts what is
to be profiled by "$under", and prints what it observed, in words that every sound run prints alike.
What is compared is that, its standard error and status, the names of the files it leaves, processes
that it leaves and those that die of a fault. The run without the library is what is right; if it is
not the same each time, each of three such runs is. Modes: timer and perf are the two engines with a
thousand samples a second, a profile each second, and an agent that checks every byte; default is
the library as it comes, with an agent that never answers.

Comments at the top of a script say more about it:
    fleet: TEXT               what it does, for the table
    packages: NAME...         what apt-get is to install when it is missing
    names: object|function PERCENT REGEX    what stacks of the program have to name
    profiled: MODE...         where profiles are to arrive, when not in each
    limit: SECONDS            how long one run may take (default 300)
"""
import argparse
import ctypes
import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "test/e2e"), os.path.join(ROOT, "test/harm")]
import agent as agent_check  # noqa: E402
import pprof  # noqa: E402
from runner import keep as keeper  # noqa: E402

AMPLIFIED = {"CONPROF_CPU_RATE": "1000", "CONPROF_PERIOD": "1s"}
MODES = {
    "timer": ("ok", {"CONPROF_ENGINE": "timer", **AMPLIFIED}),
    "perf": ("ok", {"CONPROF_ENGINE": "perf", **AMPLIFIED}),
    "default": ("blackhole", {}),
}
FAULTS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT,
          signal.SIGTRAP, signal.SIGSYS, signal.SIGURG, signal.SIGWINCH}
SETTLE = 5.0  # seconds that processes may take to be gone after the script has ended


# --- processes ------------------------------------------------------------------------------------

def stat_of(pid):
    """(name, state, parent) of a process, or None when there is none."""
    try:
        with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    state, parent = text[text.rindex(")") + 2:].split()[:2]
    return name, state, int(parent)


def descendants(of):
    """{pid: (name, state, parent)} of all processes below this one."""
    known = {int(p): stat_of(p) for p in os.listdir("/proc") if p.isdigit()}
    known = {pid: stat for pid, stat in known.items() if stat}
    found, fresh = {}, {of}
    while fresh:
        fresh = {pid for pid, stat in known.items() if stat[2] in fresh and pid not in found}
        found.update({pid: known[pid] for pid in fresh})
    return found


class Family:
    """The script and all it starts, also what has left it: orphans become children of ours."""

    def __init__(self, script, others):
        self.script = script
        self.others = others
        self.faults = []

    def reap_orphans(self):
        """Whoever has ended is looked at first: the script and the agents are others' to wait for."""
        while ended := self.one_ended():
            name = (stat_of(ended.si_pid) or ["?"])[0]
            os.waitpid(ended.si_pid, 0)
            if ended.si_code != os.CLD_EXITED and ended.si_status in FAULTS:
                self.faults.append("%s died of %s" % (name, signal.Signals(ended.si_status).name))

    def one_ended(self):
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        except ChildProcessError:
            return None
        return ended if ended and ended.si_pid not in (self.script.pid, *self.others) else None

    def wait(self, seconds):
        """True when the script has ended in time."""
        end = time.monotonic() + seconds
        while self.script.poll() is None and time.monotonic() < end:
            self.reap_orphans()
            time.sleep(0.02)
        return self.script.returncode is not None

    def rest(self):
        self.reap_orphans()
        spared = (self.script.pid, *self.others)
        return {pid: s for pid, s in descendants(os.getpid()).items() if pid not in spared}

    def settle(self):
        """The names of those that do not end; they are ended."""
        end = time.monotonic() + SETTLE
        while self.rest() and time.monotonic() < end:
            time.sleep(0.05)
        left = sorted(name for name, _, _ in self.rest().values())
        keeper.end(self.rest)
        return left


# --- profiles -------------------------------------------------------------------------------------

class Profile(pprof.Profile):
    """One whose stacks know how many samples they stand for."""

    def stack(self, data):
        stack = super().stack(data)
        values = agent_check.message(data, (), (1, 2), (3,))[2]
        stack.count = values[self.summary["types"].index("samples/count")]
        return stack


# --- one run --------------------------------------------------------------------------------------

class Agent:
    """The agent of one run; what it received is judged when it has ended."""

    def __init__(self, mode, at):
        self.dir = at + "/profiles"
        self.log = at + "/agent.log"
        self.process = subprocess.Popen(
            [sys.executable, ROOT + "/test/e2e/agent.py", "tcp:127.0.0.1:0", "--mode", mode,
             "--dir", self.dir, "--log", self.log], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def end(self):
        self.process.terminate()
        self.process.communicate()

    def complaints(self):
        """What was wrong with uploads; one cut off by the end of its process is not."""
        with open(self.log, encoding="utf-8") as file:
            errors = [json.loads(line).get("error", "") for line in file]
        return sorted({e for e in errors if e and "cut off" not in e})

    def stacks(self):
        paths = sorted(glob.glob(self.dir + "/*.gz"))
        return [stack for path in paths for stack in Profile(path).stacks]


class Seen:
    """What one run showed."""

    def __init__(self, run, family, in_time):
        self.facts = {
            "status": "%s" % family.script.returncode if in_time else "hangs",
            "left": " ".join(family.settle()),
            "faults": "\n".join(sorted(family.faults)),
        }
        for name in ("stdout", "stderr"):
            with open(run.aside + "/" + name, encoding="utf-8", errors="backslashreplace") as file:
                self.facts[name] = file.read()
        self.facts["files"] = "\n".join(self.files(run.dir))

    @staticmethod
    def files(top):
        """Names in which numbers are alike, since those of processes and times are not."""
        names = set()
        for where, folders, files in os.walk(top):
            for name in folders + files:
                path = os.path.join(os.path.relpath(where, top), name)
                names.add(re.sub(r"[0-9]+", "N", path))
        return sorted(names)

    def differs_from(self, other):
        return [fact for fact, value in self.facts.items() if value != other.facts[fact]]


class Run:
    """A script in one mode, or in none."""

    def __init__(self, script, work):
        self.script = script
        self.dir = work + "/run"
        self.aside = work + "/aside"
        for path in (self.dir, self.aside):
            shutil.rmtree(path, ignore_errors=True)
            os.mkdir(path, 0o755)
        os.mkdir(self.dir + "/tmp")
        os.chmod(self.dir + "/tmp", 0o1777)
        self.work = work

    def write_under(self, settings):
        """The command that scripts put before what is to be profiled."""
        path = self.work + "/under"
        with open(path, "w", encoding="utf-8") as file:
            words = " ".join("%s='%s'" % pair for pair in sorted(settings.items()))
            file.write("#!/bin/sh\nexec env %s \"$@\"\n" % words)
        os.chmod(path, 0o755)
        return path

    def environment(self, settings):
        ours = re.compile("CONPROF_|BLACKFIRE_|LD_PRELOAD|DD_|OTEL_|PLATFORM_|MAKE|MFLAGS")
        kept = {k: v for k, v in os.environ.items() if not ours.match(k)}
        return {**kept, "FLEET": HERE, "FLEET_ASIDE": self.aside, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "FLEET_UNDER": self.write_under(settings), "TMPDIR": self.dir + "/tmp"}

    def do(self, settings, limit, agents=()):
        def allow_cores():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        with open(self.aside + "/stdout", "wb") as out, open(self.aside + "/stderr", "wb") as err:
            started = time.monotonic()
            script = subprocess.Popen(["sh", self.script], cwd=self.dir, stdin=subprocess.DEVNULL,
                                      env=self.environment(settings), stdout=out, stderr=err,
                                      start_new_session=True, preexec_fn=allow_cores)
            family = Family(script, [a.process.pid for a in agents])
            in_time = family.wait(limit)
            seconds = time.monotonic() - started
            if not in_time:
                script.kill()
                script.wait()
        seen = Seen(self, family, in_time)
        seen.rate = self.rate() or 1 / seconds
        return seen

    def rate(self):
        try:
            with open(self.aside + "/rate", encoding="utf-8") as file:
                return float(file.read())
        except (OSError, ValueError):
            return 0


# --- one program ----------------------------------------------------------------------------------

class Program:
    def __init__(self, name, work, out):
        self.name = name
        self.script = "%s/%s.sh" % (HERE, name)
        self.tags = self.read_tags()
        self.work = work
        self.out = out
        self.base = []
        self.seconds = 0
        self.verdict = ""
        self.faults = []
        self.samples = 0
        self.ratios = {}

    def read_tags(self):
        tags = {}
        with open(self.script, encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    break
                if match := re.match(r"# (fleet|packages|names|profiled|limit): (.*)", line):
                    tags.setdefault(match[1], []).append(match[2].strip())
        return tags

    def install(self):
        """Why the program cannot be had, or nothing."""
        def missing():
            asked = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *names],
                                   capture_output=True, text=True).stdout
            present = {line.split()[1] for line in asked.splitlines() if line.startswith("installed ")}
            return [n for n in names if n not in present]
        names = " ".join(self.tags.get("packages", [])).split()
        if not names or not missing():
            return ""
        # A run level in which the scripts of packages do not start their services.
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        with open(self.out + "/install.log", "w", encoding="utf-8") as log:
            for command in (["update"], ["install", "-y", "--no-install-recommends", *missing()]):
                subprocess.run(["apt-get", *command], env=quiet, stdin=subprocess.DEVNULL, stdout=log,
                               stderr=log, check=False)
        return "cannot install " + " ".join(missing()) if missing() else ""

    def limit(self):
        return float(self.tags.get("limit", ["300"])[0])

    def keep(self, run, name):
        """What a run left stays for whoever wants to know why."""
        shutil.rmtree("%s/%s" % (self.out, name), ignore_errors=True)
        shutil.copytree(run.aside, "%s/%s" % (self.out, name))

    def run_base(self):
        run = Run(self.script, self.work)
        self.base.append(run.do({}, self.limit()))
        self.keep(run, "base%d" % len(self.base))

    def run_with(self, mode):
        kind, settings = MODES[mode]
        run = Run(self.script, self.work)
        agent = Agent(kind, run.aside)
        try:
            settings = {**settings, "CONPROF_URL": agent.url, "LD_PRELOAD": self.work + "/libconprof.so"}
            seen = run.do(settings, self.limit(), [agent])
        finally:
            agent.end()
        self.keep(run, mode)
        self.ratios[mode] = seen.rate / self.base[0].rate
        if kind == "ok":
            self.judge_profiles(mode, agent)
        self.compare(mode, seen)

    def compare(self, mode, seen):
        """Base is asked again when it disagrees, since not all that programs do is the same twice."""
        while len(self.base) < 3 and all(seen.differs_from(b) for b in self.base):
            self.run_base()
        nearest = min(self.base, key=lambda b: len(seen.differs_from(b)))
        facts = seen.differs_from(nearest)
        if facts:
            self.faults.append("%s: another %s" % (mode, ", ".join(facts)))
        for fact in facts:
            self.show(fact, mode, nearest.facts[fact], seen.facts[fact])

    @staticmethod
    def show(fact, mode, base, seen):
        import difflib
        lines = list(difflib.unified_diff(base.splitlines(), seen.splitlines(), "without the library",
                                          "with it", lineterm="", n=1))
        print("    %s, %s:" % (mode, fact))
        print("\n".join("      " + line[:200] for line in lines[:40]))

    def judge_profiles(self, mode, agent):
        try:
            stacks = agent.stacks()
            self.faults += ["%s: an upload was bad: %s" % (mode, e) for e in agent.complaints()]
        except (OSError, agent_check.Bad) as error:
            self.faults.append("%s: %s" % (mode, error))
            return
        self.samples += sum(s.count for s in stacks)
        if mode not in " ".join(self.tags.get("profiled", [mode])).split():
            return
        if not stacks:
            self.faults.append("%s: no profile arrived" % mode)
        for wanted in self.tags.get("names", []):
            kind, percent, regex = wanted.split(" ", 2)
            parts = [s for s in stacks if any(re.search(regex, n) for n in
                                              (s.objects if kind == "object" else s.functions))]
            found = pprof.percent(parts, stacks)
            print("    %s: %s %% of %d stacks in %s %s" % (mode, found, len(stacks), kind, regex))
            if float(found) < float(percent):
                self.faults.append("%s: only %s %% name %s" % (mode, found, regex))

    def test(self, modes):
        """True when nothing differs."""
        self.verdict = self.install()
        if self.verdict:
            self.verdict = "skipped: " + self.verdict
            return True
        started = time.monotonic()
        self.run_base()
        if reason := self.skips():
            self.verdict = "skipped: " + reason
            return True
        if self.base[0].facts["status"] != "0":
            self.faults.append("without the library: status " + self.base[0].facts["status"])
        for mode in modes:
            self.run_with(mode)
        self.verdict = "; ".join(self.faults) or "the same"
        if len(self.base) > 1 and not self.faults:
            self.verdict += " (as one of %d runs without)" % len(self.base)
        self.seconds = time.monotonic() - started
        return not self.faults

    def skips(self):
        match = re.match(r"skip: (.*)", self.base[0].facts["stdout"])
        return match[1] if match else ""


# --- all of them ----------------------------------------------------------------------------------

def table(programs, modes):
    rows = ["| program | what it did | with the library | samples | throughput: %s |" % ", ".join(modes),
            "|---|---|---|---|---|"]
    for p in programs:
        ratios = ", ".join("%.2f" % p.ratios[m] if m in p.ratios else "-" for m in modes)
        rows.append("| %s | %s | %s | %s | %s |" % (p.name, " ".join(p.tags.get("fleet", ["-"])),
                                                p.verdict, p.samples or "-", ratios))
    return "\n".join(rows)


def plain(programs, modes):
    rows = []
    for p in programs:
        ratios = ", ".join("%s %.2f" % (m, p.ratios[m]) for m in modes if m in p.ratios)
        rows.append("%-10s %8d samples  %-36s %s" % (p.name, p.samples, ratios, p.verdict))
    return "\n".join(rows)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true", help="the table as the README has it")
    parser.add_argument("--modes", default=",".join(MODES),
                        help="some of " + ", ".join(MODES) + "; none to see the run without")
    parser.add_argument("--library", default=ROOT + "/build/libconprof.so",
                        help="another library, to see what the programs notice")
    parser.add_argument("program", nargs="*", help="names of scripts; all of them without")
    options = parser.parse_args()
    options.modes = [m for m in options.modes.split(",") if m]
    if not set(options.modes) <= set(MODES):
        parser.error("modes are " + ", ".join(MODES))
    return options


def main():
    options = parse_options()
    ctypes.CDLL(None).prctl(keeper.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    known = sorted(os.path.basename(p)[:-3] for p in glob.glob(HERE + "/*.sh"))
    failed, programs = 0, []
    with tempfile.TemporaryDirectory(prefix="conprof-fleet.") as work:
        os.chmod(work, 0o755)
        shutil.copy(options.library, work + "/libconprof.so")
        for name in options.program or known:
            out = "%s/build/fleet/%s" % (ROOT, name)
            shutil.rmtree(out, ignore_errors=True)
            os.makedirs(out)
            program = Program(name, work, out)
            print("  FLEET    " + name, flush=True)
            programs.append(program)
            failed += not program.test(options.modes)
            print("    %s (%.0f s)" % (program.verdict, program.seconds), flush=True)
    print((table if options.markdown else plain)(programs, options.modes))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
