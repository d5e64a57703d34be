# SPDX-License-Identifier: Apache-2.0
"""canonical.py -- what `go tool pprof -raw` prints, in an order that depends on its content alone.

Two profiles are the same but for the order of their samples if and only if the outputs are the same:
each sample is printed with its locations, and each location with its mapping, instead of numbers."""
import re
import sys


def blocks(lines):
    """Lines, each with the indented ones that belong to it."""
    found = []
    for line in lines:
        if re.match(r"\s+\d+: |\d+: |\s*-?\d+[ \d-]*: ?[\d ]*$", line):
            found.append([line])
        else:
            found[-1].append(line)
    return found


def numbered(lines):
    """By number: what follows it."""
    table = {}
    for block in blocks(lines):
        number, text = block[0].split(":", 1)
        table[number.strip()] = "\n".join([text.strip()] + [line.strip() for line in block[1:]])
    return table


def main():
    lines = sys.stdin.read().split("\n")
    start, places, maps = (lines.index(word) for word in ("Samples:", "Locations", "Mappings"))
    mappings = numbered(lines[maps + 1 : -1])
    locations = {}
    for number, text in numbered(lines[places + 1 : maps]).items():
        mapping = re.search(r" M=(\d+)", text.split("\n")[0])
        where = mappings[mapping.group(1)] if mapping else "nowhere"
        locations[number] = re.sub(r" M=\d+", "", text, count=1) + " in " + where
    print("\n".join(lines[: start + 2]))
    samples = []
    for block in blocks(lines[start + 2 : places]):
        values, stack = block[0].rsplit(":", 1)
        frames = [locations[number] for number in stack.split()]
        samples.append("\n".join([" ".join(values.split())] + block[1:] + frames))
    print("\n".join(sorted(samples)))
    print("Mappings, the first one as it is")
    print(mappings.get("1"))
    print("\n".join(sorted(mappings.values())))


main()
