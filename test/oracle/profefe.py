#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends the same requests, good, odd and bad, to profefe's collector and to conprofd, and says where
their answers differ: in status, in what the JSON says, or in the profile as go tool pprof prints it.

    profefe.py PROFEFE-HOST:PORT CONPROFD-HOST:PORT

Both begin empty. A difference that is meant stands in KNOWN, with its reason; the exit status is 1 when
there is any other.
"""
import gzip
import http.client
import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import load  # noqa: E402

KNOWN = [
    (lambda r: "created_at=" in r.path and any(t in r.path for t in ("Z", "1559216940", "now")),
     "times may also be RFC 3339, epochs, now"),
    (lambda r: any(t in r.path for t in ("from=1559216940", "from=now", "from=2019-05-30T11%3A49%3A00Z")),
     "times may also be RFC 3339, epochs, now"),
    (lambda r: "type=wall" in r.path, "wall and threads are types too"),
    (lambda r: r.method not in ("GET", "POST"), "405 instead of an empty 200"),
    (lambda r: r.method == "POST" and "/merge" in r.path, "405: only GET merges"),
    (lambda r: r.path == "/api/0/services/", "a slash at the end changes nothing, as with /profiles/"),
    (lambda r: r.path == "/x", "JSON for a path that nobody has, too"),
    (lambda r: r.is_repeated, "an upload that comes twice is stored once"),
    (lambda r: r.path == "/api/0/version", "another program"),
    (lambda r: r.is_legacy, "only the protobuf form of pprof is understood"),
    (lambda r: "malformed profile" in r.answers[0] and "malformed profile" in r.answers[1],
     "the reason is told in other words"),
    (lambda r: "is after" in r.answers[1], "the reason is told in other words"),
]


class Request:
    def __init__(self, method, path, body=None, is_repeated=False, is_legacy=False):
        self.method, self.path, self.body = method, path, body
        self.is_repeated, self.is_legacy = is_repeated, is_legacy
        self.answers = []


def describe(path):
    """A profile apart from the order of its samples, which is that in which profiles were merged."""
    def run(*words):
        return subprocess.run(["go", "tool", "pprof", *words, path], capture_output=True, text=True).stdout
    head = run("-raw").split("Samples:")[0]
    return head + "".join(sorted(run("-traces").split("-----------+")))


class Server:
    def __init__(self, address):
        self.address, self.ids = address, []

    def ask(self, request):
        path = request.path
        for i, name in enumerate(self.ids):
            path = path.replace("ID%d." % i, name)
        connection = http.client.HTTPConnection(self.address, timeout=30)
        connection.request(request.method, path, request.body)
        response = connection.getresponse()
        body = response.read()
        if request.method == "POST" and response.status == 200 and b'"id"' in body:
            self.ids.append(json.loads(body)["body"]["id"])
        return response.status, self.normal(body)

    def normal(self, body):
        if body[:1] == b"{":
            text = body.decode()
            for i, name in enumerate(self.ids):
                text = text.replace(name, "ID%d." % i)
            return json.dumps(json.loads(text), sort_keys=True)
        if body[:2] == b"\x1f\x8b":
            with tempfile.NamedTemporaryFile(suffix=".pb.gz") as file:
                file.write(body)
                file.flush()
                return describe(file.name)
        return body.decode("latin-1")


def make(seed, size=4000):
    # profefe lists by whole seconds, and in no order within one
    return load.make(seed, size, 10 ** 9)


def requests():
    one, two, raw = make(1), make(2), gzip.decompress(make(3))
    for number, (service, kind, labels, at) in enumerate(itertools.product(
            ("", "shop", "a%20b%2Fc"), ("cpu", "heap", "other", "threadcreate", "x", "", "%20cpu%20"),
            ("", "v%3D1", "v%3D1%2Cr%3Deu", "%3Dx", "a%3D%2Cb", "a%3D%252Cb", "a%3D%25z"),
            ("", "2019-05-30T11:49:00", "x"))):
        query = "type=" + kind + ("&service=" + service if service else "") + \
                ("&labels=" + labels if labels else "") + ("&created_at=" + at if at else "")
        body = make(1000 + number, 600)
        yield Request("POST", "/api/0/profiles?" + query, body)
    for body in (one, two, raw):
        yield Request("POST", "/api/0/profiles?service=web&type=cpu&labels=v%3D1", body)
    for body in (b"", b"x", one[:100], one[:-4], raw[:-1], b"\x1f\x8b", b"\n\x00"):
        yield Request("POST", "/api/0/profiles?service=web&type=cpu", body)
    yield Request("POST", "/api/0/profiles?service=web&type=heap", b"heap profile: 0: 0 [0: 0] @ heap/1\n",
                  is_legacy=True)
    yield Request("POST", "/api/0/profiles?service=web&type=trace&created_at=2020-01-01T00:00:00", b"any")
    times = ("", "2019-01-01T00:00:00", "2030-01-01T00:00:00", "2019-05-30T11:49:00", "x", "2019-01-01",
             "2019-01-01T00:00:00.5", "1559216940")
    for path, kind, since, until in itertools.product(
            ("/api/0/profiles", "/api/0/profiles/merge"), ("", "cpu", "heap", "trace", "mutex", "x"),
            times, ("", "2030-01-01T00:00:00", "2019-06-01T00:00:00", "x")):
        for service in ("", "shop", "web", "none"):
            query = "&".join(name + "=" + value for name, value in (
                ("service", service), ("type", kind), ("from", since), ("to", until)) if value)
            yield Request("GET", path + "?" + query)
    always = "from=2019-01-01T00:00:00&to=2030-01-01T00:00:00"
    for labels in ("v%3D1", "v%3D1%2Cr%3Deu", "v%3D2", "a%3D%25z", "a%3D%2Cb"):
        for path in ("/api/0/profiles", "/api/0/profiles/merge"):
            for limit in ("", "&limit=1", "&limit=3", "&limit=x", "&limit=-1", "&limit=0"):
                yield Request("GET", "%s?service=shop&type=cpu&%s&labels=%s%s" % (path, always, labels, limit))
    for ids in ("ID0.", "ID1.", "ID0.+ID1.", "ID0.+ID1.+ID2.", "ID0.+", "+ID0.", "", "ID0./", "nothing",
                urllib.parse.quote("ID0.+ID1.")):
        yield Request("GET", "/api/0/profiles/" + ids)
    for path in ("/api/0/services", "/api/0/services/", "/api/0/version", "/api/0/profiles/", "/api/0/x", "/x"):
        yield Request("GET", path)
    for method in ("PUT", "DELETE"):
        yield Request(method, "/api/0/profiles")
    yield Request("POST", "/api/0/profiles/merge?service=shop&type=cpu&" + always)
    yield Request("POST", "/api/0/profiles?service=web&type=cpu&labels=v%3D1", one, is_repeated=True)
    # What only conprofd takes comes last, as from here on they hold different profiles.
    yield Request("POST", "/api/0/profiles?service=late&type=wall", make(4))
    for at in ("2019-05-30T11:49:00Z", "1559216940", "now"):
        yield Request("POST", "/api/0/profiles?service=late&type=trace&created_at=" + at, at.encode())


def reason(request):
    return next((text for fits, text in KNOWN if fits(request)), None)


def main():
    servers = [Server(address) for address in sys.argv[1:3]]
    same, known, unknown = 0, {}, 0
    for request in requests():
        answers = [server.ask(request) for server in servers]
        request.answers = [text for _, text in answers]
        if answers[0] == answers[1]:
            same += 1
            continue
        why = reason(request)
        if why:
            known[why] = known.get(why, 0) + 1
            continue
        unknown += 1
        print("%s %s\n  profefe:  %d %.200s\n  conprofd: %d %.200s" % (
            request.method, request.path, answers[0][0], answers[0][1].strip(), answers[1][0],
            answers[1][1].strip()))
    print("%d the same" % same)
    for why, count in sorted(known.items()):
        print("%d differ: %s" % (count, why))
    print("%d differ without a reason" % unknown)
    sys.exit(unknown > 0)


main()
