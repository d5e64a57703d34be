#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the corpora that conprofd's fuzzers begin with, out of what conprofd itself writes and its
clients send.

    seeds.py CONPROFD       writes test/fuzz/corpus/TARGET/NAME; what is there is overwritten
"""
import glob
import gzip
import http.client
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, "test/e2e")
import load  # noqa: E402  pylint: disable=wrong-import-position

HEAD = struct.Struct("<4sIII")  # of a record: magic, CRC, sizes of docket and body
BOMB = gzip.compress(bytes(1 << 20), 9, mtime=0)

QUERIES = {
    "list": "service=shop&type=cpu&from=2023-11-14T22:13:20&to=now&labels=v%3D1,host%3Da%252Cb&limit=10",
    "names": "Service=shop&label=a%3D1&form=now-1h&two=now&_=1&groupby=x&base_selectors={}",
    "selector": "service=shop&from=now-1h&to=now&selector=%7Ba%3D%22b%22,c!%3Dd,e%3D~%22x.*%22,f!~%22(y|z)%2B%22%7D",
    "epochs": "from=1700000000&to=1700000000000000001&service=s&step=1m30s&group_by=host",
    "rfc3339": "service=s&from=2023-11-14T22:13:20.123456789%2B01:00&to=2200-01-01T00:00:00Z",
    "odd": "a=%00&&=&;=1&service=%FF%FE&labels==,=&selector={&limit=-1&from=now--1h&to=0001-01-01T00:00:00",
}

TOKENS = {
    "two": "# made by conprofd token\nwriter ingest " + "0123456789abcdef" * 4 + "\n\nreader ingest,query "
           + "f" * 64 + "\n",
    "tenants": "eu ingest,query %s service=sh*p,region=e%%2Cu\nall admin %s\n" % ("a" * 64, "b" * 64),
    "wrong": "writer nothing 00\n",
    "long": "writer ingest " + "0" * 600,
    "headers": "# Bearer\nBearer 0123\nBasic d3JpdGVyOjAxMjM=\nwriter:0123\n",
}

CONFIGS = {
    "all": "# as flags\nlisten = unix:///run/x.sock,127.0.0.1:0\ndata = /tmp/x\nretention = 5d\n"
           "retention-rules = trace=24h,shop/heap=30d,*/c?u=1h\nretention-size = 10G\nkeep-free = 1G\n"
           "tokens = /tmp/t\ninsecure = yes\nbody-max = 64K\nsocket-mode = 660\nlog-level = debug\n",
    "tls": "tls-certificate = a\ntls-key = b\n",
    "words": "--threads=4\n--listen\n127.0.0.1:0\n--insecure\n--retention-rules\na=1h,b=2h\n",
    "wrong": "threads = 0\n",
    "long": "#" + "x" * 1200 + "\nthreads = 3",
}


def form(parts, boundary="B", end=True):
    """A multipart body; parts are (headers of Content-Disposition, bytes)."""
    out = b""
    for disposition, body in parts:
        out += b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (
            boundary.encode(), disposition.encode(), body)
    return out + (b"--%s--\r\n" % boundary.encode() if end else b"")


def forms(profile):
    event = (b'{"version":"4","start":"2023-11-14T22:13:20Z","end":"2023-11-14T22:14:05+00:00",'
             b'"tags_profiler":"runtime:go,service:shop,host:a:b,profile_seq:0,runtime-id:x"}')
    file = 'name="cpu.pprof"; filename="cpu.pprof"'
    old = form([('name="application_name"', b"shop"), ('name="region"', b"eu"),
                ('name="cpu"; filename="cpu"', profile)])
    new = form([(file, profile), ('name="delta-heap.pprof"; filename="delta-heap.pprof"', profile),
                ('name="metrics.json"; filename="metrics.json"', b"[]"),
                ('name="event"; filename="event.json"', event)])
    return {
        "oldest": old,
        "event": new,
        "quoted": b'@multipart/form-data; charset=utf-8; boundary="a b\'c"\n'
                  + form([('name="cpu"; filename="c\\"pu.pprof"', b"x")], "a b'c"),
        "cut": new[:-40],
        "nested": form([(file, form([(file, BOMB)], "C")), ('name="event"; filename="event.json"', event)]),
        "no_end": form([('name=application_name', b"shop"), (file, b"")], end=False),
    }


def records(segment):
    """The records of a segment file: docket and body of each."""
    at = 8
    while at < len(segment):
        _, _, docket, body = HEAD.unpack_from(segment, at)
        at += HEAD.size
        yield segment[at:at + docket], segment[at + docket:at + docket + body]
        at += docket + body


def built(segment):
    """As partition_fuzz takes records without their heads; bodies are cut to what a byte can say."""
    return b"\1" + b"".join(struct.pack("<HB", len(docket), len(body[:200])) + docket + body[:200]
                            for docket, body in records(segment))


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def store(conprofd, directory):
    """A store with four small profiles, two of them compacted, and a trace. Its day."""
    path = directory + "/socket"
    data = directory + "/data"
    with subprocess.Popen([conprofd, "--listen", "unix://" + path, "--data", data, "--compact-after", "0",
                           "--log-level", "error"]) as daemon:
        while not os.path.exists(path):
            time.sleep(0.05)
        connection = UnixConnection(path)
        for i, (kind, labels) in enumerate([("cpu", "v%3D1"), ("cpu", "v%3D2"), ("heap", ""), ("trace", "")]):
            body = load.make(i, 200) if kind != "trace" else b"any bytes"
            connection.request("POST", "/api/0/profiles?service=shop&type=%s&labels=%s" % (kind, labels), body)
            assert connection.getresponse().read().startswith(b'{"code":200')
        while len(glob.glob(data + "/*/*.seg")) < 3:
            time.sleep(0.05)
        daemon.terminate()
    return glob.glob(data + "/2*")[0]


def write(target, name, data):
    os.makedirs("test/fuzz/corpus/" + target, exist_ok=True)
    with open("test/fuzz/corpus/%s/%s" % (target, name), "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    profile = load.make(1, 200)
    for target, texts in (("query_params", QUERIES), ("tokens", TOKENS), ("options", CONFIGS),
                          ("upload_form", forms(profile))):
        for name, text in texts.items():
            write(target, name, text)
    for name, data in (("gzip", profile), ("gzip_two", profile + profile), ("gzip_cut", profile[:-5]),
                       ("bomb", BOMB), ("raw", gzip.decompress(profile)),
                       ("zstd", bytes.fromhex("28b52ffd0458410000") + b"conprof " + bytes.fromhex("36b48f2f"))):
        write("inflate", name, data)
    with tempfile.TemporaryDirectory() as directory:
        day = store(sys.argv[1], directory)
        for path in sorted(glob.glob(day + "/*.seg")):
            name = os.path.basename(path)[:-4]
            write("partition", name, b"\0" + read(path))
            write("partition", name + "_records", built(read(path)))
            write("partition", name + "_torn", b"\0" + read(path)[:-7])
            write("segment", name, read(path))
        for path in glob.glob(day + "/*.dict"):
            write("codex", "whole", read(path))
            write("codex", "torn", read(path) + read(path)[:30])


if __name__ == "__main__":
    main()
