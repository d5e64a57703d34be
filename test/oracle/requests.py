# SPDX-License-Identifier: Apache-2.0
"""requests.py -- what both servers are asked, in this order.

A request is (name, method, target, body, more). {name} in a target is the id that the server gave
to the upload of that name, or says that list of ids joined by + when it is {name+name}. more may
have: headers, cut (bytes of the body that are never sent), keep (the name of an upload)."""
import gzip
import urllib.parse

import bodies

HOUR = "from=2026-09-21T00:00:00&to=2026-09-22T00:00:00"  # of bodies.DAY
ALL = "from=1970-01-01T00:00:00&to=2200-01-01T00:00:00"
TYPES = ("cpu", "heap", "block", "mutex", "goroutine", "threadcreate", "other")
TIMES = (
    "2026-09-21T14:13:20", "2026-09-21T14:13:20Z", "2026-09-21T14:13:20+00:00", "2026-09-21",
    "2026-09-21 14:13:20", "2026-09-21T14:13", "2026-09-21T14:13:20.5", "2026-09-21T14:13:20,5",
    "2026-09-21T14:13:20.", "2026-09-21T4:13:20", "2026-09-21T24:00:00", "2026-09-21T23:59:60",
    "2026-02-30T00:00:00", "2026-9-1T00:00:00", "2024-02-29T00:00:00", "2023-02-29T00:00:00",
    "0001-01-01T00:00:00", "1969-12-31T23:59:59", "1970-01-01T00:00:00", "2262-01-01T00:00:00",
    "9999-12-31T23:59:59", "10000-01-01T00:00:00", "1790000000", "-1", "0", "now", "now-1h", "x",
    " 2026-09-21T14:13:20", "2026-09-21T14:13:20 ", "2026-09-21t14:13:20", "%zz", "2026-09-21T14",
    "2026-09-21T14:13:20.123456789012")
LABELS = (
    "a=1", "a=1,b=2", "b=2,a=1", "a", "a=", "=1", "=", ",", ",,a=1,,", "%20a%20=%201%20", "a=%2C", "a=%252C", "a%3D1", "a%253D1%3D2", "a=b=c", "a%20b=c%20d",
    "a=x+y", "a=x%2By", "a=x%252By", "a=%zz", "a=%25zz", "a=%", "a=%25", "a=%254", "%25zz=1",
    "a=%C3%BC", "%C3%BC=1", "a=%FF", "a=%25FF", "A=1,a=2", "a=%0A", "a=1;b=2",
    "a=1%3Bb=2", "a=%22quoted%22", "a=%3Cb%3E%26", "a=%5C", "a=/%2F", "a=1&labels=b=2",
    "a=" + "v" * 300, "k" * 200 + "=1", "a=1,+b=2", "a=%09x%09", "version=1.0.0-rc%2B1",
    ",".join("k%02d=%d" % (i, i) for i in range(40)))
ODD_LABELS = ("a=1,a=2", "a=2,a=1", "a=1,a=1", "a=%00", "a=%2500", "a=%E2%80%A8")
LIMITS = ("0", "1", "2", "3", "1000", "-1", "x", "", "1.5", "99999999999999999999", "+2", " 2",
          "0x2", "02", "1e3", "2_0")
QUERIES = (
    "", "service=", "service=q", "service=q&from=2026-09-21T00:00:00", "service=q&to=2026-09-21T00:00:00",
    "from=2026-09-21T00:00:00&to=2026-09-22T00:00:00", "service=none&" + ALL, "service=q&" + ALL,
    "service=q&type=cpu&" + ALL, "service=q&type=heap&" + ALL, "service=q&type=CPU&" + ALL,
    "service=q&type=+cpu+&" + ALL, "service=q&type=%09cpu&" + ALL, "service=q&type=bogus&" + ALL,
    "service=q&type=&" + ALL, "service=q&type=trace&" + ALL, "service=q&type=other&" + ALL,
    "service=q&type=unknown&" + ALL, "service=q&type=cpu&type=heap&" + ALL, "SERVICE=q&" + ALL,
    "service=q&service=none&" + ALL, "service=none&service=q&" + ALL, "service=Q&" + ALL,
    "service=q%20&" + ALL, "service=+q&" + ALL, "service=%71&" + ALL, "service=q;x&" + ALL,
    "service=q&type=cpu&from=2026-09-22T00:00:00&to=2026-09-21T00:00:00",
    "service=q&type=cpu&from=2026-09-21T14:13:20&to=2026-09-21T14:13:20",
    "service=q&type=cpu&from=2026-09-21T14:13:21&to=2026-09-21T14:13:22",
    "service=q&type=cpu&from=2026-09-21T14:13:23&to=2026-09-21T14:20:00",
    "service=q&type=cpu&seconds=5&" + ALL, "service=q&type=cpu&bogus=1&" + ALL,
    "&&service=q&&type=cpu&" + ALL, "service=q&type=cpu&=1&" + ALL, "service=q&%zz=1&type=cpu&" + ALL,
    "service=q&type=cpu", "service=q&type=cpu&from=2026-09-21T00:00:00",
    "service=q&type=cpu&to=2026-09-22T00:00:00", "service=q&type=cpu&labels=&" + ALL, "service=q&type=cpu&labels=a=1&" + ALL,
    "service=q&type=cpu&labels=b=2&" + ALL, "service=q&type=cpu&labels=a=1,b=2&" + ALL,
    "service=q&type=cpu&labels=b=2,a=1&" + ALL, "service=q&type=cpu&labels=a=2&" + ALL,
    "service=q&type=cpu&labels=a&" + ALL, "service=q&type=cpu&labels=c=1&" + ALL,
    "service=q&labels=a=1&" + ALL, "service=q&type=heap&labels=a=1&" + ALL,
    "service=q&type=cpu&labels=a=%25zz&" + ALL)
IDS = (
    "", "x", "0", "abc", "%zz", "%25zz", "00000000000000000000", "9m4e2mr0ui3e8a215n4g",
    "9m4e2mr0ui3e8a215n4g+9m4e2mr0ui3e8a215n4h", "{q cpu 0}", "{q cpu 0}/", "{q heap}", "{q trace}",
    "{q cpu 0+q cpu 1}", "{q cpu 1+q cpu 0}", "{q cpu 0+q cpu 0}", "{q cpu 0+q cpu 1+q cpu 2}",
    "{q cpu 0}+", "+{q cpu 0}", "{q cpu 0}++{q cpu 1}", "+", "{q cpu 0}%2B{q cpu 1}",
    "{q cpu 0}%252B{q cpu 1}", "{q cpu 0}%20{q cpu 1}", "{q cpu 0},{q cpu 1}",
    "{q cpu 0}+00000000000000000000", "00000000000000000000+{q cpu 0}", "{q cpu 0}+x",
    "{q cpu 0+q heap}", "{q heap+q cpu 0}", "{q cpu 0+q trace}", "{q trace+q trace}",
    "{q cpu 0}?service=q", "{q cpu 0}/x", "x/{q cpu 0}", "merge/{q cpu 0}", "%7Bx%7D",
    "{q block+q mutex}", "{q goroutine}", "{q other}")
PATHS = (
    "/", "/api", "/api/", "/api/0", "/api/0/", "/api/1/profiles", "/api/0/nothing",
    "/api/0/profiles/", "/api/0/profiles//", "/api/0//profiles", "/api/0/profilesx",
    "/api/0/profiles/merge/", "/api/0/services/", "/api/0/version/", "/API/0/profiles",
    "/api/0/./profiles", "/api/0/x/../profiles", "/api/0/services", "/api/0/services?x=1",
    "/api/0/version", "/api%2F0/version", "/favicon.ico", "/debug/metrics", "/debug/pprof/")


def quoted(text):
    return urllib.parse.quote(text, safe="")


def upload(name, query, body, **more):
    return (name, "POST", "/api/0/profiles?" + query, body, {"keep": name, **more})


def stored():
    """A service with some of everything; they have to be the same on both sides."""
    for i in range(6):
        stacks = {"main;work;leaf%d" % (i % 3): [i + 1, (i + 1) * 10 ** 7], "main;idle": [2, 2 * 10 ** 7]}
        labels = ("a=1", "a=1,b=2", "b=2", "a=2,b=2", "", "c=%252C")[i]
        yield upload("q cpu %d" % i, "service=q&type=cpu&labels=" + labels,
                     bodies.profile(seconds=bodies.DAY + i, stacks=stacks, comments=("c%d" % i, "same"),
                                    base=0x400000 + 0x1000 * i, labels=(("thread", "t%d" % (i % 2)),
                                                                        ("bytes", 64 * i + 64, "bytes"))))
    yield upload("q heap", "service=q&type=heap&labels=a=1",
                 bodies.profile(types=bodies.HEAP, unit_period=("space", "bytes"), period=524288))
    for kind in ("block", "mutex"):
        yield upload("q " + kind, "service=q&type=" + kind,
                     bodies.profile(types=bodies.BLOCK, unit_period=("contentions", "count"), period=1))
    for kind in ("goroutine", "threadcreate", "other"):
        yield upload("q " + kind, "service=q&type=" + kind,
                     bodies.profile(types=((kind, "count"),), unit_period=(kind, "count"), period=1))
    yield upload("q trace", "service=q&type=trace&created_at=2026-09-21T14:13:20",
                 b"go 1.22 trace\0\0\0 and whatever follows")


def uploads():
    body = bodies.profile()
    for kind in TYPES + ("trace", "CPU", "+cpu+", "bogus", "", "unknown", "wall", "cpu,heap"):
        yield upload("type " + kind, "service=t&type=" + kind, body)
    for query in ("type=cpu", "service=&type=cpu", "service=t", "", "service=t&type=cpu&type=heap",
                  "service=u%C3%BC&type=cpu", "service=a/b&type=cpu", "service=a%20b&type=cpu",
                  "service=a%22b&type=cpu", "service=" + "s" * 200 + "&type=cpu", "service=%FF&type=cpu",
                  "service=a%00b&type=cpu", "service=%3Cb%3E&type=cpu", "service=+&type=cpu",
                  "service=w&type=cpu&instance_id=7", "service=w&type=cpu&limit=x&from=y"):
        yield upload("upload ?" + query, query, body)
    for i, text in enumerate(LABELS):
        yield upload("labels " + text[:60], "service=l&type=cpu&labels=" + text,
                     bodies.profile(seconds=bodies.DAY + i))
    for text in ODD_LABELS:
        yield upload("odd labels " + text, "service=odd&type=cpu&labels=" + text, body)
    for text in TIMES:
        yield upload("created_at " + text, "service=c&type=trace&created_at=" + quoted(text), b"trace")
    timeless = bodies.profile(time_ns=0)
    for text in TIMES[:4]:
        yield upload("created_at, no time, " + text,
                     "service=c&type=cpu&created_at=" + quoted(text), timeless)
        yield upload("created_at, a time, " + text, "service=c&type=cpu&created_at=" + quoted(text), body)


def odd_bodies():
    for what, body in bodies.broken().items():
        yield upload("body: " + what, "service=b%s&type=cpu" % quoted(what[:9]), body)
        yield (what + ": back", "GET", "/api/0/profiles/{body: %s}" % what, b"", {})
        twice = "{body: %s+body: %s}" % (what, what)
        yield (what + ": merged", "GET", "/api/0/profiles/" + twice, b"", {})
    for what, body in bodies.legacy().items():
        yield upload("legacy: " + what, "service=old&type=other", body)
    body = bodies.profile()
    yield upload("gzip level 1", "service=g&type=cpu", gzip.compress(bodies.raw(), 1, mtime=0))
    yield upload("cut short by the client", "service=g&type=cpu", body, cut=20)
    yield upload("Content-Encoding: gzip", "service=g&type=cpu", body, headers={"Content-Encoding": "gzip"})
    yield upload("Content-Type: text", "service=g&type=cpu", body, headers={"Content-Type": "text/plain"})
    yield upload("a form", "service=g&type=cpu", b"a=b",
                 headers={"Content-Type": "application/x-www-form-urlencoded"})
    yield upload("Expect", "service=ex&type=cpu", body, headers={"Expect": "100-continue"})
    for size in (1000, 10000):
        yield upload("service of %d bytes" % size, "type=cpu&service=" + "s" * size, body)
        yield upload("label of %d bytes" % size, "service=long&type=cpu&labels=a=" + "v" * size, body)
    yield upload("300 labels", "service=long&type=cpu&labels="
                 + ",".join("k%d=%d" % (i, i) for i in range(300)), body)
    yield upload("chunked", "service=ch&type=cpu", body, chunked=True)
    yield upload("trace, empty", "service=tr&type=trace", b"")
    yield upload("trace, big", "service=tr&type=trace", bytes(range(256)) * 4000)
    yield ("trace, big, back", "GET", "/api/0/profiles/{trace, big}", b"", {})
    for number in range(2):
        yield upload("same %d" % number, "service=same&type=cpu", body)
    yield ("the same twice", "GET", "/api/0/profiles?service=same&" + ALL, b"", {})


def merges():
    """Pairs that merge, and pairs that do not."""
    pairs = {
        "same": ({}, {"seconds": bodies.DAY + 1}),
        "moved": ({}, {"base": 0x7F0000000000}),
        "another file": ({}, {"mapping": "/bin/other"}),
        "sample types": ({}, {"types": bodies.BLOCK}),
        "period type": ({}, {"unit_period": ("wall", "nanoseconds")}),
        "no period type": ({}, {"unit_period": None}),
        "period": ({}, {"period": 1}),
        "labels": ({"labels": (("k", "a"),)}, {"labels": (("k", "b"),)}),
        "number labels": ({"labels": (("k", 1, "bytes"),)}, {"labels": (("k", 1, "seconds"),)}),
        "number label 0": ({"labels": (("k", 0, "bytes"),)}, {"labels": (("k", 1, "bytes"),)}),
        "comments": ({"comments": ("a", "b")}, {"comments": ("b", "c")}),
        "default type": ({"default": "samples"}, {"default": "cpu"}),
        "drop frames": ({"drop": "work"}, {"drop": "rest"}),
        "becomes zero": ({}, {"stacks": {"main;work": [-3, -3], "main;rest": [1, 1]}}),
        "all zero": ({"stacks": {"main": [1, 1]}}, {"stacks": {"main": [-1, -1]}}),
        "overflow": ({"stacks": {"main": [2 ** 63 - 1, 1]}}, {"stacks": {"main": [1, 1]}}),
        "time 0": ({"time_ns": 0}, {}),
        "flags": ({"flags": 1}, {"flags": 0}),
        "durations": ({"duration": -1}, {"duration": 5}),
        "deep": ({"stacks": {";".join("f%d" % i for i in range(300)): [1, 1]}}, {}),
    }
    for what, (one, two) in pairs.items():
        names = ["pair: %s, %s" % (what, side) for side in "ab"]
        for name, how in zip(names, (one, two)):
            yield upload(name, "service=m%s&type=cpu" % quoted(what), bodies.profile(**how))
        yield ("merge: " + what, "GET", "/api/0/profiles/{%s+%s}" % tuple(names), b"", {})
        yield ("merge: %s, turned" % what, "GET", "/api/0/profiles/{%s+%s}" % (names[1], names[0]), b"", {})
        yield ("merge: %s, by service" % what, "GET",
               "/api/0/profiles/merge?type=cpu&service=m%s&%s" % (quoted(what), ALL), b"", {})


def questions():
    for path in PATHS:
        yield ("GET " + path, "GET", path, b"", {})
    for query in QUERIES:
        yield ("list ?" + query, "GET", "/api/0/profiles?" + query, b"", {})
        yield ("merge ?" + query, "GET", "/api/0/profiles/merge?" + query, b"", {})
    for text in TIMES:
        for what in ("from=%s&to=2030-01-01T00:00:00", "from=2000-01-01T00:00:00&to=%s"):
            query = "service=q&type=cpu&" + what % quoted(text)
            yield ("list ?" + query, "GET", "/api/0/profiles?" + query, b"", {})
    for text in LIMITS:
        query = "service=q&type=cpu&limit=%s&%s" % (quoted(text), ALL)
        yield ("list ?limit " + text, "GET", "/api/0/profiles?" + query, b"", {})
        yield ("merge ?limit " + text, "GET", "/api/0/profiles/merge?" + query, b"", {})
    for text in LABELS:
        query = "service=l&type=cpu&labels=%s&%s" % (text, ALL)
        yield ("list ?labels " + text[:60], "GET", "/api/0/profiles?" + query, b"", {})
    for text in ODD_LABELS:
        query = "service=q&type=cpu&labels=%s&%s" % (text, ALL)
        yield ("list ?odd labels " + text, "GET", "/api/0/profiles?" + query, b"", {})
    for text in IDS:
        yield ("id " + text, "GET", "/api/0/profiles/" + text, b"", {})
    for count in (100, 1000):
        many = "{%s}" % "+".join(["q cpu 0", "q cpu 1"] * (count // 2))
        yield ("%d ids" % count, "GET", "/api/0/profiles/" + many, b"", {})
    for size in (1000, 10000):
        query = "service=q&type=cpu&labels=a=%s&%s" % ("v" * size, ALL)
        yield ("a label of %d bytes" % size, "GET", "/api/0/profiles?" + query, b"", {})
        query = "service=%s&%s" % ("s" * size, ALL)
        yield ("a service of %d bytes" % size, "GET", "/api/0/profiles?" + query, b"", {})


def methods():
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"):
        for path in ("/api/0/profiles", "/api/0/profiles/merge?service=q&type=cpu&" + ALL,
                     "/api/0/profiles/{q cpu 0}", "/api/0/version"):
            yield (method + " " + path, method, path, b"", {})
    for path in ("/api/0/profiles/merge?service=q&type=cpu&" + ALL, "/api/0/services",
                 "/api/0/profiles/{q cpu 0}", "/api/0/version"):
        yield ("POST " + path, "POST", path, b"x", {})


def first_generation():
    """The API of 2019: one path, instance_id, and a GET that merges."""
    path = "/api/0/profile?"
    body = bodies.profile()
    yield ("services, none", "GET", "/api/0/version", b"", {})
    for i in range(4):
        yield ("o %d" % i, "POST", path + "service=o&instance_id=i%d&type=cpu&labels=a=%d,b=2" % (i % 2, i),
               bodies.profile(seconds=bodies.DAY + i), {})
    for query in ("service=o&type=cpu", "instance_id=1&type=cpu", "service=o&instance_id=&type=cpu",
                  "service=o&instance_id=1", "service=o&instance_id=1&type=bogus",
                  "service=o&instance_id=1&type=goroutine", "service=o&instance_id=1&type=trace",
                  "service=&instance_id=1&type=cpu", "service=o&instance_id=1&type=cpu&labels=a=%25zz",
                  "service=o&instance_id=1&type=+cpu+", ""):
        yield ("old ?" + query, "POST", path + query, body, {})
    for kind in ("heap", "block", "mutex"):
        yield ("old type " + kind, "POST", path + "service=k&instance_id=1&type=" + kind, body, {})
    for what, data in bodies.broken().items():
        yield ("old body: " + what, "POST",
               path + "service=x%s&instance_id=1&type=cpu" % quoted(what), data, {})
    for query in QUERIES:
        query = query.replace("service=q", "service=o")
        yield ("old merge ?" + query, "GET", path + query, b"", {})
    for text in TIMES:
        yield ("old from " + text, "GET",
               path + "service=o&type=cpu&from=%s&to=2030-01-01T00:00:00" % quoted(text), b"", {})
    for text in LIMITS:
        yield ("old limit " + text, "GET", path + "service=o&type=cpu&limit=%s&%s" % (quoted(text), ALL),
               b"", {})
    for method in ("PUT", "DELETE", "HEAD"):
        yield ("old " + method, method, path + "service=o&type=cpu&" + ALL, b"", {})


def second_generation():
    """The API of today. The empty store first."""
    yield ("services, none", "GET", "/api/0/services", b"", {})
    for part in (stored, questions, uploads, odd_bodies, merges, methods):
        yield from part()
    yield ("services, all", "GET", "/api/0/services", b"", {})
    # Whatever was taken is asked for once more.
    for text in LABELS:
        query = "service=l&type=cpu&labels=%s&%s" % (text, ALL)
        yield ("list again ?labels " + text[:60], "GET", "/api/0/profiles?" + query, b"", {})


def once_more():
    """What is asked again when all profiles have become records."""
    for query in QUERIES:
        yield ("record merge ?" + query, "GET", "/api/0/profiles/merge?" + query, b"", {})
    for text in IDS:
        yield ("record id " + text, "GET", "/api/0/profiles/" + text, b"", {})
    for item in merges():
        if item[1] == "GET":
            yield ("record " + item[0],) + item[1:]
    for item in odd_bodies():
        if item[1] == "GET":
            yield ("record " + item[0],) + item[1:]
