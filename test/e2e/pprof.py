#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads profiles strictly and prints one figure about all of them together.

    pprof.py check FILE...            each is well-formed
    pprof.py total FILE...            CPU time in seconds
    pprof.py share REGEX FILE...      percent of the CPU time in stacks with such a function
    pprof.py seconds REGEX FILE...    the same in seconds
    pprof.py leaf REGEX FILE...       percent of the CPU time with such a function innermost
    pprof.py object REGEX FILE...     percent of the CPU time in stacks with such a mapping
    pprof.py system NAME FILE...      the mangled names of the functions with this name
    pprof.py thread REGEX FILE...     seconds in threads of this name; "-" is no name at all
    pprof.py tid NUMBER FILE...       seconds in the thread of this number
    pprof.py names FILE...            the names of threads, one per line
    pprof.py comment KEY FILE...      the sum of what the comments KEY=NUMBER say
    pprof.py words KEY FILE...        what the comments KEY=WORD say, each once
    pprof.py duration FILE...         of each in seconds, one per line
    pprof.py top FILE...              the ten functions that use most, with percents
    pprof.py TYPE REGEX FILE...       the sum of such a sample type (inuse_space, ...) in stacks
                                      with such a function; "." is any
"""
import os
import re
import sys
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import agent  # noqa: E402


KINDS = [["samples/count", "cpu/nanoseconds"],
         ["alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes"]]


class Stack:
    """One sample: functions from the innermost on, with the files they are in."""

    def __init__(self, values, functions, objects, labels):
        self.values = values  # by sample type
        self.ns = values.get("cpu", 0)
        self.functions = functions
        self.objects = objects
        self.thread = labels.get("thread", "-")
        self.tid = labels.get("thread_id", 0)


class Profile:
    """A well-formed profile; raises agent.Bad when it is not."""

    def __init__(self, path):
        with open(path, "rb") as file:
            raw = agent.gunzip(file.read())
        self.summary = agent.check_pprof(raw)
        self.types = [kind.partition("/")[0] for kind in self.summary["types"]]
        agent.need(self.summary["types"] in KINDS, "a profile of no kind that there is")
        parts = {n: [] for n in (2, 3, 4, 5, 6)}
        for number, _, data in agent.fields(raw):
            if number in parts:
                parts[number].append(data)
        self.strings = [s.decode() for s in parts[6]]
        self.mappings = [self.strings[m[5]] for m in agent.table(parts[3], range(1, 11))]
        self.functions = [(self.strings[f[2]], self.strings[f[3]])
                          for f in agent.table(parts[5], (1, 2, 3, 4, 5))]
        self.locations = agent.table(parts[4], (1, 2, 3, 5), nested=(4,))
        self.stacks = [self.stack(data) for data in parts[2]]

    def names(self, location):
        lines = [agent.message(line, (1, 2, 3))[1] for line in self.locations[location - 1][4]]
        return [self.functions[number - 1][0] for number in lines]

    def object(self, location):
        mapping = self.locations[location - 1][2]
        return self.mappings[mapping - 1] if mapping else ""

    def stack(self, data):
        sample = agent.message(data, (), (1, 2), (3,))
        labels = {}
        for item in sample[3]:
            label = agent.message(item, (1, 2, 3, 4))
            labels[self.strings[label[1]]] = self.strings[label[2]] or label[3]
        return Stack(dict(zip(self.types, sample[2])), [n for loc in sample[1] for n in self.names(loc)],
                     [self.object(loc) for loc in sample[1]], labels)


def seconds(stacks):
    return sum(s.ns for s in stacks) / 1e9


def percent(part, stacks):
    total = sum(s.ns for s in stacks)
    return "%.2f" % (100.0 * sum(s.ns for s in part) / total if total else 0)


def top(stacks):
    used = Counter()
    for stack in stacks:
        used[stack.functions[0] if stack.functions else "-"] += stack.ns
    total = sum(used.values()) or 1
    return "\n".join("%6.2f%% %s" % (100.0 * ns / total, name) for name, ns in used.most_common(10))


def comments(profiles, key):
    return [line.partition("=")[2] for p in profiles for line in p.summary["comments"]
            if line.startswith(key + "=")]


def asked(command, word, profiles):
    """What the command prints."""
    stacks = [stack for profile in profiles for stack in profile.stacks]
    found = [s for s in stacks if any(re.search(word, f) for f in s.functions)]
    answers = {
        "check": lambda: "",
        "total": lambda: "%.3f" % seconds(stacks),
        "share": lambda: percent(found, stacks),
        "seconds": lambda: "%.3f" % seconds(found),
        "leaf": lambda: percent([s for s in stacks if re.search(word, s.functions[0])], stacks),
        "object": lambda: percent([s for s in stacks if any(re.search(word, o) for o in s.objects)],
                                  stacks),
        "system": lambda: "\n".join(sorted({system for p in profiles for name, system in p.functions
                                            if name == word})),
        "thread": lambda: "%.3f" % seconds([s for s in stacks if re.fullmatch(word, s.thread)]),
        "tid": lambda: "%.3f" % seconds([s for s in stacks if str(s.tid) == word]),
        "names": lambda: "\n".join(sorted({s.thread for s in stacks})),
        "comment": lambda: str(sum(int(c) for c in comments(profiles, word))),
        "words": lambda: "\n".join(sorted(set(comments(profiles, word)))),
        "duration": lambda: "\n".join("%.3f" % (p.summary["duration_nanos"] / 1e9)
                                      for p in profiles),
        "top": lambda: top(stacks),
    }
    if command in answers:
        return answers[command]()
    return str(sum(s.values.get(command, 0) for s in found))


WITHOUT_WORD = "check total names duration top".split()


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    word = "$." if command in WITHOUT_WORD else arguments.pop(0)
    profiles = []
    for path in arguments:
        try:
            profiles.append(Profile(path))
        except agent.Bad as error:
            sys.exit("%s: %s" % (path, error))
    answer = asked(command, word, profiles)
    if answer:
        print(answer)


if __name__ == "__main__":
    main()
