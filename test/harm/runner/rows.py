# SPDX-License-Identifier: Apache-2.0
"""What a row says of itself: its tags, its sentence, how it is started."""
import fnmatch
import glob
import os
import re
import shlex
import shutil

GROUPS = ("loading", "threads", "signals", "life", "unwinding", "data", "memory")
ENGINES = ("timer", "perf")
TAGS = ("harm level naive bound flags compiler needs engines env quick preload timeout "
        "differs").split()
NO_ROWS = ("harm.py", "naive.c", "naive_malloc.c")


class BadRow(Exception):
    """A row whose tags cannot be understood."""


def header(path):
    """The lines of the comment that a row begins with, without the signs of the comment."""
    lines = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("#!"):
                continue
            text = re.sub(r"^(/\*+|\*/|\*| \*/| \*|//|#+|\"\"\")\s?", "", line)
            if text == line and line.strip():
                break
            lines.append(re.sub(r"\s*\*/$", "", text).strip())
    return lines


class Row:
    def __init__(self, path):
        self.path = path
        self.name, self.kind = os.path.splitext(os.path.basename(path))
        tags = self.read(header(path))
        self.group = self.one(tags, "harm", None)
        self.level = self.one(tags, "level", None)
        if self.group not in GROUPS or self.level not in ("P0", "P1"):
            raise BadRow("%s: harm: %s, level: %s" % (path, self.group, self.level))
        self.naive = words(" ".join(tags.get("naive", [])))
        self.bound = float(self.one(tags, "bound", "2.0"))
        self.timeout = float(self.one(tags, "timeout", "60"))
        self.needs = words(" ".join(tags.get("needs", [])))
        self.engines = words(self.one(tags, "engines", " ".join(ENGINES)))
        self.quick = self.level == "P0" and self.one(tags, "quick", "yes") != "no"
        self.environment = dict(pair.partition("=")[::2]
                                for line in tags.get("env", []) for pair in shlex.split(line))
        self.preload = dict(pair.partition("=")[::2]
                            for line in tags.get("preload", []) for pair in line.split())
        self.differs = [self.known(line) for line in tags.get("differs", [])]

    def read(self, lines):
        """Sets the sentence, returns {tag: [texts]}."""
        tags = {}
        text = []
        done = False
        for line in lines:
            tag = re.match(r"([a-z]+):\s+(.*)$", line)
            if re.fullmatch(r"(%s):" % "|".join(TAGS), line):
                raise BadRow("%s: %s says nothing; is its line too long?" % (self.path, line))
            if tag and tag[1] in TAGS:
                tags.setdefault(tag[1], []).append(tag[2].strip())
            elif text and not line or tags:
                done = True
            if not tag and not done and line and not line.startswith("SPDX"):
                text.append(line)
        sentence = re.sub(r"^\S+ -- ", "", " ".join(text)).strip()
        self.sentence = re.split(r"(?<=[a-z0-9)])[.:;] ", sentence + " ")[0].strip(" .")
        if not self.sentence:
            raise BadRow(self.path + ": says nothing of itself")
        return tags

    def one(self, tags, name, default):
        values = tags.get(name, [default])
        if len(values) != 1:
            raise BadRow("%s: %s: twice" % (self.path, name))
        return values[0]

    def known(self, line):
        pattern, dashes, reason = line.partition(" -- ")
        if not dashes or not reason.strip():
            raise BadRow("%s: a known difference needs ' -- reason'" % self.path)
        return re.compile(pattern.strip()), reason.strip()

    def command(self, binaries):
        interpreters = {".sh": "sh", ".py": "python3", ".pl": "perl"}
        if self.kind in interpreters:
            return [interpreters[self.kind], os.path.abspath(self.path)]
        return [os.path.join(binaries, self.name)]

    def missing(self):
        """What the machine lacks to run it, or None."""
        interpreter = {".py": ["python3"], ".pl": ["perl"]}.get(self.kind, [])
        for need in self.needs + interpreter:
            if need == "root":
                if os.geteuid() != 0:
                    return "root"
            elif "/" in need:
                if not os.path.exists(need):
                    return need
            elif not shutil.which(need):
                return need
        return None


def words(text):
    return [word for word in re.split(r"[,\s]+", text) if word]


def discover(directory, pattern="*"):
    """All rows, in the order of their groups; a source that is no row is an error."""
    rows = []
    for kind in ("c", "cc", "sh", "py", "pl"):
        for path in sorted(glob.glob(os.path.join(directory, "*." + kind))):
            if os.path.basename(path) not in NO_ROWS:
                rows.append(Row(path))
    taken = {}
    for row in rows:
        if taken.setdefault(row.name, row) is not row:
            raise BadRow("%s and %s have one name" % (row.path, taken[row.name].path))
    patterns = pattern.split(",")
    chosen = [row for row in rows if any(fnmatch.fnmatchcase(row.name, p) for p in patterns)]
    return sorted(chosen, key=lambda row: (GROUPS.index(row.group), row.level, row.name))


def naive_modes(source):
    """The modes that naive.c has, as its table lists them."""
    with open(source, encoding="utf-8") as file:
        return re.findall(r'^\t\{"([a-z]+)",', file.read(), re.M)
