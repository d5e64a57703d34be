#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""answers.py -- reads what conprofd makes of merged profiles, and holds one against the other.

    answers.py flame FILE NODES       a flame graph is well-formed and its sums are right; prints
                                      how many nodes it shows, and its totals
    answers.py same FLAME FLAME       one is the other, less what it leaves out
    answers.py folded FLAME FOLDED    the same stacks with the same values, in either direction
    answers.py speedscope FLAME FILE  the same stacks, in speedscope's format
    answers.py top FLAME TOP          the same functions with the same sums
    answers.py pprof TOP TEXT         the same functions with the same sums as go tool pprof -top -unit
                                      has; prints how many
    answers.py zero FLAME TOP         what is compared does not differ at all
    answers.py apart FLAME            prints how many nodes are on the first side alone, and how
                                      many on the second
    answers.py odd FILE               writes a profile with names that text formats trip over, inlined
                                      functions, code without a name, a sample without a stack, and a
                                      default sample type of which there is nothing
"""
import json
import os
import re
import sys
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from load import block, number, varint  # noqa: E402

REST = 1  # the name of what is left out; that of the root is 0


def check(is_so, *words):
    if not is_so:
        sys.exit("answers.py: " + " ".join(str(word) for word in words))


def load(path):
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    check(answer["code"] == 200, "code", answer["code"])
    return answer["body"]


class Node:
    def __init__(self, parent, name, values):
        self.parent, self.name, self.children = parent, name, []
        self.totals, self.selfs = tuple(values[0::2]), tuple(values[1::2])

    def stack(self):
        node, names = self, []
        while node.parent:
            names.append(node.name)
            node = node.parent
        return tuple(reversed(names))


class Flame:
    """The tree again, as any client would read it."""

    def __init__(self, path):
        body = load(path)
        self.body, self.nodes = body, []
        self.sides = 2 if "base_total" in body else 1
        width, above = 2 + 2 * self.sides, []
        for level in body["levels"]:
            check(len(level) % width == 0, "a level of", len(level), "numbers")
            here, parent = [], 0
            for at in range(0, len(level), width):
                parent += level[at]
                node = Node(above[parent] if above else None, level[at + 1], level[at + 2:at + width])
                if node.parent:
                    node.parent.children.append(node)
                here.append(node)
            self.nodes += here
            above = here
        self.root = self.nodes[0]

    def totals(self):
        return (self.body["total"],) + ((self.body["base_total"],) if self.sides == 2 else ())

    def check(self, most):
        names = self.body["names"]
        check(names[:2] == ["[all]", "[other]"], "names begin with", names[:2])
        check(len(self.nodes) == self.body["nodes"] <= most, len(self.nodes), "nodes")
        check(self.root.totals == self.totals(), "the root is", self.root.totals)
        for node in self.nodes:
            below = [sum(child.totals[k] for child in node.children) for k in range(self.sides)]
            for k in range(self.sides):
                check(node.totals[k] == node.selfs[k] + below[k], "a sum of", names[node.name])
            taken = [child.name for child in node.children]
            check(len(set(taken)) == len(taken), "two children of one name")
            check(REST not in taken[:-1], "a rest is not the last child")
        rests = sum(node.name == REST for node in self.nodes)
        check((rests > 0) == (self.body["left_out"] > 0), rests, "rests")

    def stacks(self):
        """Values by the names on a stack, of stacks that took something."""
        names = self.body["names"]
        return {tuple(names[n] for n in node.stack()): node.selfs
                for node in self.nodes if any(node.selfs)}


def flame(path, most):
    tree = Flame(path)
    tree.check(int(most))
    print(len(tree.nodes), *tree.totals())


def same(whole, part):
    names = [Flame(whole).body["names"], Flame(part).body["names"]]
    known = {tuple(names[0][n] for n in node.stack()): node for node in Flame(whole).nodes}
    for node in Flame(part).nodes:
        if node.name == REST:
            continue
        other = known.get(tuple(names[1][n] for n in node.stack()))
        check(other, "a node that is not in the whole")
        check((other.totals, other.selfs) == (node.totals, node.selfs), "a node with other values")


def plain(name):
    """A name as folded text can have it."""
    name = re.sub(r"[\x00-\x1f\x7f]", " ", name.replace(";", ":"))
    return re.sub(r" (?=[0-9.]+$)", "_", name)


def folded(path, text):
    tree, found = Flame(path), Counter()
    with open(text, encoding="utf-8", newline="\n") as file:
        for line in file:
            words = line.rstrip("\n").rsplit(" ", tree.sides)
            for k, value in enumerate(reversed(words[1:])):
                found[words[0], k] += int(value)
    wanted = Counter()
    for stack, values in tree.stacks().items():
        for k, value in enumerate(values):
            wanted[";".join(plain(name) for name in stack), k] += value
    check(found == wanted, "folded stacks differ:", list((found - wanted).items())[:3],
          list((wanted - found).items())[:3])
    for k, total in enumerate(tree.totals()):
        check(sum(v for (_, side), v in found.items() if side == k) == total, "the folded sum")


def speedscope(path, text):
    with open(text, encoding="utf-8") as file:
        whole = json.load(file)
    frames, profile = whole["shared"]["frames"], whole["profiles"][whole["activeProfileIndex"]]
    check(whole["$schema"] == "https://www.speedscope.app/file-format-schema.json", "no schema")
    check(profile["type"] == "sampled" and profile["startValue"] == 0, "no profile of samples")
    check(profile["unit"] in ("bytes", "nanoseconds", "none"), "unit", profile["unit"])
    check(len(profile["samples"]) == len(profile["weights"]), "samples without weights")
    check(profile["endValue"] == sum(profile["weights"]), "the weights are not", profile["endValue"])
    found = Counter()
    for sample, weight in zip(profile["samples"], profile["weights"]):
        found[tuple(frames[i]["name"] for i in sample)] += weight
    check(found == {stack: values[0] for stack, values in Flame(path).stacks().items()},
          "other stacks in speedscope's format")


def sums(tree):
    """Self and total of each function, a function that calls itself counted once."""
    names, found = tree.body["names"], {}
    for node in tree.nodes[1:]:
        entry = found.setdefault(names[node.name], [0, 0] * tree.sides)
        above = node.parent
        while above and above.name != node.name:
            above = above.parent
        for k in range(tree.sides):
            entry[2 * k] += node.selfs[k]
            entry[2 * k + 1] += 0 if above else node.totals[k]
    return found


def top(path, table):
    tree, body = Flame(path), load(table)
    found = {}
    for row in body["functions"]:
        found[row["name"]] = [row["self"], row["total"]]
        if tree.sides == 2:
            found[row["name"]] += [row["base_self"], row["base_total"]]
            check(row["self_change"] == row["self"] - row["base_self"], "a change")
            check(row["total_change"] == row["total"] - row["base_total"], "a change of a total")
    wanted = sums(tree)
    check(len(found) == len(body["functions"]), "a function stands there twice")
    check(len(wanted) == len(found) + body["rest"]["functions"], "some functions are missing")
    check(all(wanted[name] == values for name, values in found.items()), "functions differ")
    check(sum(row["self"] for row in body["functions"]) + body["rest"]["self"] == body["total"],
          "the sum of all functions is not the total")
    key = "self_change" if tree.sides == 2 else "self"
    sizes = [abs(row[key]) for row in body["functions"]]
    check(sizes == sorted(sizes, reverse=True), "not in order")


def pprof(table, text):
    ours = {row["name"]: (row["self"], row["total"]) for row in load(table)["functions"]}
    theirs, begun = {}, False
    with open(text, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if begun:
                name = " ".join(words[5:])
                name = name[:-len(" (inline)")] if name.endswith(" (inline)") else name
                name = name[:-len(" (partial-inline)")] if name.endswith(" (partial-inline)") else name
                theirs[name] = tuple(int(re.match(r"-?\d+", words[i]).group()) for i in (0, 3))
            begun = begun or words[:1] == ["flat"]
    check(begun and len(theirs) > 3, "go tool pprof has shown", len(theirs), "functions")
    for name, values in theirs.items():
        check(name in ours, "we do not have", name)
        check(values == ours[name], name, "has", ours[name], "and not", values)
    missing = [name for name, values in ours.items() if name not in theirs and any(values)]
    check(not missing, "go tool pprof does not have", missing[:3])
    print(len(theirs))


def zero(path, table):
    tree, body = Flame(path), load(table)
    check(body["total"] == body["base_total"] > 0, "the totals")
    for node in tree.nodes:
        check(node.totals[0] == node.totals[1] and node.selfs[0] == node.selfs[1], "a node")
    for row in body["functions"]:
        check(row["self_change"] == row["total_change"] == 0, "a function")


def apart(path):
    nodes = Flame(path).nodes
    added = sum(node.totals[1] == 0 for node in nodes)
    removed = sum(node.totals[0] == 0 for node in nodes)
    check(added > 3 and removed > 3, added, "nodes were added,", removed, "removed")
    print(added, "and", removed)


ODD = ["main", "a;b", "new\nline", "operator 12", "<caf\u00e9 \"x\">", "tail\\"]


def odd(path):
    names = ["", "events", "count", "cpu", "nanoseconds", "gpu", "/bin/odd"] + ODD
    out = b"".join(block(1, number(1, a) + number(2, b)) for a, b in ((1, 2), (3, 4), (5, 4)))
    samples = (([1], 1, 10), ([2, 1], 2, 20), ([3, 2, 1], 3, 30), ([4, 1], 4, 40), ([], 5, 50))
    for stack, events, cpu in samples:
        out += block(2, block(1, b"".join(map(varint, stack))) + block(2, varint(events) + varint(cpu) + varint(0)))
    out += block(3, number(1, 1) + number(2, 0x1000) + number(3, 0x3000) + number(5, 6))
    for i, functions in enumerate(((1,), (3, 2), (6, 5, 4), ()), 1):
        lines = b"".join(block(4, number(1, f)) for f in functions)
        out += block(4, number(1, i) + number(2, 1) + number(3, 0x1000 + 16 * i) + lines)
    for i in range(1, len(ODD) + 1):
        out += block(5, number(1, i) + number(2, 6 + i))
    for name in names:
        out += block(6, name.encode())
    out += number(9, 1700000000000000000) + block(11, number(1, 3) + number(2, 4)) + number(14, 5)
    with open(path, "wb") as file:
        file.write(out)


globals()[sys.argv[1]](*sys.argv[2:])
