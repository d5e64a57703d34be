# SPDX-License-Identifier: Apache-2.0
"""What the samples of a soak say: summary(), picture(); also python3 report.py DIRECTORY."""
import csv
import json
import os
import statistics
import sys
from collections import Counter, defaultdict

import usage

# What may be added from the first quarter to the last beyond what the program adds by itself.
# The worker's descriptors come and go with uploads; SigQ is that of all processes of the user.
ALLOWED = {"rss_kb": 1024, "private_kb": 768, "fds": 2, "threads": 1, "timers": 2, "sigq": 8,
           "vmas": 6, "own_fds": 2}
# The part at the beginning that is left out: caches fill, and the ring of records, 4 MiB, is written
# to for the first time, which takes a program that is mostly idle the better part of an hour.
WARM_UP = 0.4


def read(path):
    """{(program, role): {variant: {pid: [row]}}}"""
    result = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            row = {k: v if k in ("program", "variant", "role") else int(v) for k, v in row.items()}
            result[row["program"], row["role"]][row["variant"]][row["pid"]].append(row)
    return result


def lasting(by_pid, last):
    """The rows of the processes that were there nearly all the time."""
    return [rows for _, rows in sorted(by_pid.items())
            if rows[0]["seconds"] <= last * 0.2 and rows[-1]["seconds"] >= last * 0.95]


class Trend:
    """One measure of one process: medians of the first and last quarter, slope per hour."""

    def __init__(self, rows, measure, last):
        rows = [r for r in rows if r["seconds"] >= last * WARM_UP]
        quarter = max(1, len(rows) // 4)
        values = [r[measure] for r in rows]
        self.first = statistics.median(values[:quarter])
        self.last = statistics.median(values[-quarter:])
        self.growth = self.last - self.first
        times = [r["seconds"] / 3600 for r in rows]
        middle, level = statistics.mean(times), statistics.mean(values)
        spread = sum((t - middle) ** 2 for t in times)
        self.slope = sum((t - middle) * (v - level)
                         for t, v in zip(times, values)) / spread if spread else 0.0


def line(program, role, measure, trend, base):
    own = trend.growth - (base.growth if base else 0)
    is_flat = own <= ALLOWED[measure]
    return is_flat, "%-9s %-34s %-11s %9.0f %9.0f %+10.1f %9s  %s" % (
        program, role[:34], measure, trend.first, trend.last, trend.slope,
        "%+.0f" % base.growth if base else "-", "flat" if is_flat else "NOT FLAT")


def summary(path):
    """(text, whether all of it is flat)"""
    samples = read(path)
    last = max((r["seconds"] for kinds in samples.values() for pids in kinds.values()
                for rows in pids.values() for r in rows), default=0)
    lines = ["%d seconds" % last,
             "%-9s %-34s %-11s %9s %9s %10s %9s" % ("program", "process", "measure", "first 1/4",
                                                    "last 1/4", "per hour", "base grew")]
    all_flat = bool(samples)
    for (program, role), kinds in sorted(samples.items()):
        bases = lasting(kinds["base"], last)
        for index, rows in enumerate(lasting(kinds["with"], last)):
            base = bases[index] if index < len(bases) else None
            for measure in usage.MEASURES:
                is_flat, text = line(program, role, measure, Trend(rows, measure, last),
                                     Trend(base, measure, last) if base else None)
                all_flat &= is_flat
                lines.append(text)
            cpu = rows[-1]["own_cpu_ms"] - rows[0]["own_cpu_ms"]
            lines.append("%-9s %-34s own thread used %.3f %% of a processor" % (
                program, role[:34], cpu / 10 / max(1, rows[-1]["seconds"] - rows[0]["seconds"])))
    lines.append("verdict: " + ("flat" if all_flat else "NOT FLAT"))
    return "\n".join(lines) + "\n", all_flat


def agent_summary(path):
    """How the uploads ended, in the agent's eyes."""
    seen = Counter()
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for record in map(json.loads, file):
                seen["taken" if "ok" in record else
                     record.get("fault") or "MALFORMED " + record["error"]] += 1
    return "uploads " + ", ".join("%s %d" % item for item in seen.most_common())


COLORS = {"python": "#1b6ca8", "redis": "#b8341b", "postgres": "#2e7d32"}
WIDTH, HEIGHT, LEFT, GAP = 900, 150, 70, 50


def panel(top, title, curves, last):
    """One program: base dashed, with the library drawn through."""
    high = max(v for points, _ in curves for _, v in points) * 1.1 or 1
    out = ['<text x="%d" y="%d" font-weight="bold">%s</text>' % (LEFT, top - 8, title),
           '<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>'
           % (LEFT, top, WIDTH - LEFT - 20, HEIGHT),
           '<text x="%d" y="%d" text-anchor="end">%.0f MiB</text>' % (LEFT - 6, top + 10,
                                                                   high / 1024),
           '<text x="%d" y="%d" text-anchor="end">0</text>' % (LEFT - 6, top + HEIGHT)]
    for points, style in curves:
        path = " ".join("%.1f,%.1f" % (LEFT + t / max(1, last) * (WIDTH - LEFT - 20),
                                       top + HEIGHT * (1 - v / high)) for t, v in points)
        out.append('<polyline points="%s" fill="none" %s/>' % (path, style))
    return out


def picture(path, target):
    """Resident memory over time: the sum of the lasting processes of each program."""
    samples = read(path)
    totals = defaultdict(lambda: defaultdict(int))
    last = 0
    for (program, _), kinds in samples.items():
        for pids in kinds.values():
            for rows in pids.values():
                last = max(last, rows[-1]["seconds"])
    for (program, _), kinds in samples.items():
        for variant, pids in kinds.items():
            for rows in lasting(pids, last):
                for row in rows:
                    totals[program, variant][row["seconds"]] += row["rss_kb"]
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" '
           'font-size="12">' % (WIDTH, 30 + len(COLORS) * (HEIGHT + GAP)),
           '<rect width="100%" height="100%" fill="white"/>']
    for index, (program, color) in enumerate(COLORS.items()):
        curves = [(sorted(totals[program, variant].items()), style) for variant, style in (
            ("base", 'stroke="#888" stroke-dasharray="4 3"'),
            ("with", 'stroke="%s" stroke-width="2"' % color)) if totals[program, variant]]
        if curves:
            out += panel(30 + index * (HEIGHT + GAP),
                         "%s: RSS over %d min; dashed: without the library" % (program, last // 60),
                         curves, last)
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join([*out, "</svg>", ""]))


if __name__ == "__main__":
    where = os.path.join(sys.argv[1], "samples.csv")
    print(summary(where)[0], end="")
    picture(where, os.path.join(sys.argv[1], "rss.svg"))
