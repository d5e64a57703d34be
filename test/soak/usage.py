# SPDX-License-Identifier: Apache-2.0
"""What a process and those it started use at a moment, from /proc, as rows of a table."""
import csv
import os
import re

COLUMNS = ("seconds program variant role pid rss_kb private_kb fds threads timers sigq vmas "
           "own_fds own_cpu_ms").split()
# What is a number of things, or KiB, and should not grow.
MEASURES = "rss_kb private_kb fds threads timers sigq vmas own_fds".split()


def read(*path):
    with open(os.path.join("/proc", *map(str, path)), encoding="utf-8", errors="replace") as file:
        return file.read()


def number(text, pattern):
    match = re.search(pattern, text, re.M)
    return int(match[1]) if match else 0


def descendants(pid):
    """The process and what it has started, without the short-lived: they are missing next time."""
    found = [pid]
    for parent in found:
        try:
            for tid in os.listdir("/proc/%d/task" % parent):
                found += map(int, read(parent, "task", tid, "children").split())
        except OSError:
            continue
    return found


def own_thread(pid):
    """The thread of the library, or None."""
    for tid in os.listdir("/proc/%d/task" % pid):
        try:
            if read(pid, "task", tid, "comm") == "conprof\n":
                return tid
        except OSError:
            continue
    return None


def role(pid):
    """What is the same about a process in both variants: its title without numbers and states."""
    words = read(pid, "cmdline").replace("\0", " ").strip()
    if words.startswith("postgres: "):
        words = re.sub(r" (idle|BEGIN|UPDATE|SELECT|INSERT|COMMIT|END).*", "", words)
        return re.sub(r"\W+", "-", words)
    return "main"


def private_kb(pid):
    text = read(pid, "smaps_rollup")
    return number(text, r"^Private_Clean:\s*(\d+)") + number(text, r"^Private_Dirty:\s*(\d+)")


def row(pid):
    status = read(pid, "status")
    own = own_thread(pid)
    task = (pid, "task", own)
    return {
        "role": role(pid), "pid": pid,
        "rss_kb": number(status, r"^VmRSS:\s*(\d+)"),
        "private_kb": private_kb(pid),
        "fds": len(os.listdir("/proc/%d/fd" % pid)),
        "threads": number(status, r"^Threads:\s*(\d+)"),
        "timers": len(re.findall(r"^ID:", read(pid, "timers"), re.M)),
        "sigq": number(status, r"^SigQ:\s*(\d+)"),
        "vmas": read(pid, "maps").count("\n"),
        "own_fds": len(os.listdir("/proc/%d/task/%s/fd" % (pid, own))) if own else 0,
        "own_cpu_ms": int(read(*task, "schedstat").split()[0]) // 1000000 if own else 0,
    }


class Table:
    """The CSV file, a row per process and moment."""

    def __init__(self, path):
        self.file = open(path, "w", newline="", encoding="utf-8")
        self.writer = csv.DictWriter(self.file, COLUMNS)
        self.writer.writeheader()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def add(self, seconds, program, variant, pid):
        for each in descendants(pid):
            try:
                self.writer.writerow({"seconds": int(seconds), "program": program,
                                      "variant": variant, **row(each)})
            except (OSError, ValueError):
                continue  # it has ended meanwhile
        self.file.flush()
