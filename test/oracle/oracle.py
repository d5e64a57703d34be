#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""oracle.py -- asks the real profefe and conprofd the same, and says where the answers differ.

    oracle.py --profefe PROFEFE [--profefe-2019 PROFEFE] --conprofd CONPROFD --directory DIRECTORY

PROFEFE is the server with Badger, of 2020 or later; the other one is of 2019, when its API had one
path, and is asked the requests of that time. Differences that are meant stand in differences.py,
each with its reason; any other one is a failure, and so is one there that does not occur."""
import argparse
import os
import shutil
import sys
import time
import urllib.request

import compare
import differences
import servers

NEW = ["-addr", "127.0.0.1:{port}", "-badger.dir", "{directory}"]
OURS = ["--listen", "127.0.0.1:{port}", "--data", "{directory}", "--retention", "0"]


class Run:
    """One pair of servers, and what was seen of them."""

    def __init__(self, options, name, profefe, settings):
        self.pprof = compare.Pprof()
        self.name = name
        self.asked = self.skipped = 0
        self.found = []
        where = os.path.join(options.directory, name)
        self.pair = (servers.Server("profefe", [profefe] + NEW, where + ".profefe"),
                     servers.Server("conprofd", [options.conprofd] + OURS + settings, where + ".conprofd"))

    def send(self, request):
        answers = servers.both(*self.pair, request)
        if answers is None:
            self.skipped += 1
            return
        self.asked += 1
        ids = [server.known() for server in self.pair]
        for aspect, theirs, ours in compare.differences(self.pprof, answers, ids):
            self.found.append((request[0], aspect, theirs, ours))

    def store(self, request):
        """Without a look at the answers."""
        servers.both(*self.pair, request)

    def await_records(self):
        """Until the originals have gone: what is kept has become less, and stays what it is."""
        url = "http://127.0.0.1:%d/metrics" % self.pair[1].port
        most, last, since = 0, 0, 0
        for _ in range(240):
            with urllib.request.urlopen(url) as answer:
                text = answer.read().decode()
            now = int(text.split("\nconprofd_store_bytes ")[1].split()[0])
            most, last, since = max(most, now), now, since + 1 if now == last else 0
            if now < most and since == 20:
                return
            time.sleep(0.5)
        raise SystemExit("FAILED: profiles do not become records")

    def end(self):
        for server in self.pair:
            status = server.end()
            if status and server.name == "conprofd":
                self.found.append(("its end", "exit status", "0", str(status)))


def today(options):
    run = Run(options, "today", options.profefe, ["--originals", "0"])
    for request in servers.everything("second_generation"):
        run.send(request)
    run.end()
    return run


def records(options):
    run = Run(options, "records", options.profefe, ["--originals", "1s", "--compact-after", "1s"])
    for request in servers.everything("second_generation"):
        if request[1] == "POST":
            run.store(request)
    run.await_records()
    for request in servers.everything("once_more"):
        run.send(request)
    run.end()
    return run


def first(options):
    run = Run(options, "2019", options.profefe_2019, [])
    for request in servers.everything("first_generation"):
        run.send(request)
    run.end()
    return run


def cell(text, width):
    text = text.replace("|", "\\|").replace("\n", " ")
    return text if len(text) <= width else text[:width - 1] + "…"


def report(run, width):
    """Prints the table; the number of differences that are not meant."""
    meant, bad = {}, 0
    for item in run.found:
        rule = differences.rule_of(run.name, item)
        if rule is None:
            bad += 1
            print("| %s | %s | %s | %s | UNEXPECTED |" % (cell(item[0], 60), item[1],
                                                         cell(item[2], width), cell(item[3], width)))
        else:
            meant.setdefault(rule, []).append(item)
    for rule, items in meant.items():
        name, aspect, theirs, ours = items[0]
        print("| %s%s | %s | %s | %s | %s |" % (
            cell(name, 60), " and %d more" % (len(items) - 1) if len(items) > 1 else "", aspect,
            cell(theirs, width), cell(ours, width), rule.reason))
    for rule in differences.rules_for(run.name):
        if rule not in meant:
            bad += 1
            print("| never seen | %s | %s | %s | %s |" % (rule.aspect, rule.theirs, rule.ours, rule.reason))
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profefe", default="")
    parser.add_argument("--profefe-2019", default="")
    parser.add_argument("--conprofd", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--width", type=int, default=110)
    options = parser.parse_args()
    if not os.access(options.profefe, os.X_OK):
        print("note: profefe is not there")
        return 0
    shutil.rmtree(options.directory, ignore_errors=True)
    runs = [today, records]
    if os.access(options.profefe_2019, os.X_OK):
        runs.append(first)
    else:
        print("note: the profefe of 2019 is not there: its API is not compared")
    bad = asked = 0
    for begin in runs:
        run = begin(options)
        print("\n%s: %d requests, %d that one of the two cannot be asked, %d differences\n"
              % (run.name, run.asked, run.skipped, len(run.found)))
        print("| request | what | profefe | conprofd | why |\n| --- | --- | --- | --- | --- |")
        bad += report(run, options.width)
        asked += run.asked
    print("\n%d requests to both, %d differences that are not meant" % (asked, bad))
    return 1 if bad else 0


sys.exit(main())
