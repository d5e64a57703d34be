# SPDX-License-Identifier: Apache-2.0
"""What a run shows to the world, and in what two runs differ."""
import base64
import difflib
import hashlib
import os
import signal
import stat

MOST_LINES = 8


class Outcome:
    """The directory's own name is taken out of all texts: it is another for each run."""

    def __init__(self, report, directory, ignored):
        self.seconds = report["seconds"]
        self.status = "hangs" if report["hangs"] else status_text(report["status"])
        self.left = report["left"]
        self.out = plain(base64.b64decode(report["out"]), directory)
        self.err = plain(base64.b64decode(report["err"]), directory)
        self.files = snapshot(directory, ignored)


def plain(data, directory):
    return data.replace(directory.encode(), b"@")


def status_text(status):
    if status >= 0:
        return "exit %d" % status
    try:
        return signal.Signals(-status).name
    except ValueError:
        return "signal %d" % -status


def snapshot(directory, ignored):
    """{name: what it is}; what the row bids the library to write (ignored) is not the row's."""
    found = {}
    for parent, folders, files in os.walk(directory):
        for name in folders + files:
            path = os.path.join(parent, name)
            short = os.path.relpath(path, directory)
            if not any(short == i or short.startswith(i + "/") for i in ignored):
                found[short] = describe(path, directory)
    return found


def describe(path, directory):
    about = os.lstat(path)
    kind = stat.filemode(about.st_mode)
    if stat.S_ISLNK(about.st_mode):
        return "%s -> %s" % (kind, os.readlink(path))
    if not stat.S_ISREG(about.st_mode):
        return kind
    with open(path, "rb") as file:
        data = plain(file.read(), directory)
    shown = data[:60] if len(data) <= 60 else hashlib.sha256(data).hexdigest()[:16]
    return "%s %d bytes %r" % (kind, len(data), shown)


def lines_of(data):
    return data.decode("utf-8", "backslashreplace").splitlines()


def text_differences(what, base, other):
    if base == other:
        return []
    pairs = lines_of(base), lines_of(other)
    delta = [line for line in difflib.unified_diff(*pairs, n=0, lineterm="") if not
             line.startswith(("---", "+++", "@@"))]
    shown = ["%s: %s" % (what, line[:160]) for line in delta]
    return shown or ["%s: differs in its line ends" % what]


def file_differences(base, other):
    found = []
    for name in sorted(base.keys() | other.keys()):
        if base.get(name) != other.get(name):
            found += ["file: -%s %s" % (name, base[name])] if name in base else []
            found += ["file: +%s %s" % (name, other[name])] if name in other else []
    return found


def differences(base, other, bound):
    """Lines that tell in what the second run was another; none when it was the same."""
    found = []
    if base.status != other.status:
        found.append("status: %s, in base %s" % (other.status, base.status))
    found += text_differences("stdout", base.out, other.out)
    found += text_differences("stderr", base.err, other.err)
    found += file_differences(base.files, other.files)
    if base.left != other.left:
        found.append("left behind: %s, in base %s" % (", ".join(other.left) or "nobody",
                                                      ", ".join(base.left) or "nobody"))
    if other.seconds > base.seconds + bound:
        found.append("time: %.2f s, in base %.2f s, bound %.2f s" %
                     (other.seconds, base.seconds, bound))
    return found


def only_time(found):
    return len(found) == 1 and found[0].startswith("time:")


def shortened(found):
    if len(found) <= MOST_LINES:
        return found
    return found[:MOST_LINES] + ["and %d more lines" % (len(found) - MOST_LINES)]
