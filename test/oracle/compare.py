# SPDX-License-Identifier: Apache-2.0
"""compare.py -- what is different in two answers, apart from what has to be: ids and the clock."""
import datetime
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CANONICAL = os.path.join(HERE, "..", "merge", "canonical.py")


class Pprof:
    """What google/pprof reads in a profile. It remembers, for many answers are the same bytes."""

    def __init__(self):
        self.known = {}
        self.directory = tempfile.mkdtemp(prefix="oracle.")

    def __del__(self):
        for name in os.listdir(self.directory):
            os.unlink(os.path.join(self.directory, name))
        os.rmdir(self.directory)

    def text(self, data):
        if data not in self.known:
            path = os.path.join(self.directory, "profile")
            with open(path, "wb") as file:
                file.write(data)
            self.known[data] = self.read(path)
        return self.known[data]

    def read(self, path):
        raw = subprocess.run(["go", "tool", "pprof", "-symbolize=none", "-raw", path],
                             capture_output=True, env={**os.environ, "TZ": "UTC"})
        if raw.returncode:
            return None
        text = subprocess.run([sys.executable, CANONICAL], input=raw.stdout, capture_output=True)
        return text.stdout.decode(errors="replace") if not text.returncode else raw.stdout.decode()


def envelope(answer):
    """The JSON object that the answer is, or None."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "code" in value else None


def plain(value, ids):
    """Without what has to differ: ids are named by their uploads, and now is now."""
    if isinstance(value, dict):
        return {key: plain(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, ids) for item in value]
    if not isinstance(value, str):
        return value
    for key, name in ids.items():
        if key in value:
            value = value.replace(key, "<%s>" % name)
    return "NOW" if is_now(value) else value


def is_now(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return False
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    try:
        then = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return abs((now - then).total_seconds()) < 600


def in_order(value):
    """A list of profiles, where those of one second are in no order."""
    body = value.get("body")
    if isinstance(body, list) and all(isinstance(item, dict) for item in body):
        groups = itertools.groupby(body, key=lambda item: item.get("created_at"))
        value["body"] = [item for _, group in groups for item in sorted(group, key=shown)]
    return value


def shown(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def summary(answer, ids):
    """Its status, and why."""
    value = envelope(answer)
    if value is None:
        return "%d, %d bytes" % (answer.status, len(answer.body))
    return "%d %s" % (answer.status, named(value.get("error", shown(value)), ids))


def named(text, ids):
    for key, name in ids.items():
        text = text.replace(key, "<%s>" % name)
    return text


def bodies(pprof, answers, ids):
    """Yields (aspect, theirs, ours) for what the bodies say."""
    theirs, ours = (envelope(a) for a in answers)
    if theirs is not None and ours is not None:
        theirs, ours = (in_order(plain(v, i)) for v, i in zip((theirs, ours), ids))
        if theirs != ours:
            yield "envelope", shown(theirs), shown(ours)
    elif theirs is not None or ours is not None:
        yield "body", *(shown(v) if v is not None else "%d bytes, no envelope" % len(a.body)
                        for v, a in zip((theirs, ours), answers))
    elif answers[0].body != answers[1].body:
        texts = [pprof.text(a.body) for a in answers]
        if None not in texts and unplaced(texts[0]) == unplaced(texts[1]):
            if texts[0] != texts[1]:
                yield "addresses", *(first_difference(texts, i) for i in (0, 1))
        elif texts[0] is None or texts[0] != texts[1]:
            yield "profile", *(first_difference(texts, i) if all(texts) else
                               repr(answers[i].body[:120]) for i in (0, 1))


def unplaced(text):
    """A profile's lines without where things are in memory, and comments in no order."""
    text = re.sub(r"0x[0-9a-f]+/0x[0-9a-f]+/", "", re.sub(r"^0x[0-9a-f]+ ", "", text, flags=re.M))
    head, samples = text.split("Samples:\n", 1)
    lines = sorted(samples.split("\n"))
    return sorted(head.split("\n")), lines


def first_difference(texts, which):
    one, two = (set(t.split("\n")) for t in texts)
    lines = [line for line in texts[which].split("\n") if line not in (two, one)[which]]
    return " | ".join(lines)[:300] or "the same lines, in another order"


def differences(pprof, answers, ids):
    """Yields (aspect, theirs, ours); of answers with different statuses only that."""
    if answers[0].status != answers[1].status:
        yield "status", *(summary(a, i) for a, i in zip(answers, ids))
        return
    for header in ("Content-Type", "Content-Disposition"):
        values = [named(a.headers.get(header, "none"), i) for a, i in zip(answers, ids)]
        if values[0] != values[1]:
            yield header, *("%d %s" % (answers[0].status, value) for value in values)
    yield from bodies(pprof, answers, ids)
