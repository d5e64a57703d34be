#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that nobody wants, and one that has to be served meanwhile.

    hostile.py MODE ADDRESS [COUNT [SECONDS]]     ADDRESS is HOST:PORT or unix:///PATH

    probe        uploads and asks for SECONDS; prints the median, the 99th percentile and the slowest
                 of both in ms, how many there were, and how many failed
    connections  COUNT connections, each dropped at another place of a request
    slow         COUNT connections that dribble heads, bodies and forms until all are cut off, or SECONDS
    large        bodies of COUNT MiB, with and without a length, then as many MiB in bodies of 4 MiB
    bombs        COUNT uploads of each kind that become large in memory
    heads        heads, queries and labels of up to COUNT KiB
    arguments    COUNT requests with more arguments than there is room for
    shapes       requests of odd shapes; prints each with the statuses that were answered
    unread       COUNT clients that ask for merges of service=load and read nothing for SECONDS

All but probe print what was answered, by status, 0 being none. TCP clients of all modes but probe come
from 127.0.0.2, slow ones from as many addresses as they need, so that what is allowed to one address
does not stop the probe.
"""
import collections
import gzip
import re
import resource
import select
import socket
import struct
import sys
import threading
import time

import load

FROM_ONE_ADDRESS = 900  # slow clients
UPLOAD = "/api/0/profiles?service=%s&type=%s"
MERGE = "/api/0/profiles/merge?service=load&type=cpu&from=2000-01-01T00:00:00&to=now"


def connect(address, source="127.0.0.2", timeout=60):
    if address.startswith("unix://"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(address[7:])
        return s
    host, port = address.rsplit(":", 1)
    s = socket.socket()
    s.settimeout(timeout)
    s.bind((source, 0))
    s.connect((host, int(port)))
    return s


def head(target, *headers, method="POST", version="1.1"):
    return ("%s %s HTTP/%s\r\nHost: x\r\n%s\r\n" % (method, target, version, "".join(
        h + "\r\n" for h in headers))).encode()


def once(target, *headers, method="POST"):
    return head(target, "Connection: close", *headers, method=method)


def post(target, body, *headers):
    return once(target, "Content-Length: %d" % len(body), *headers) + body


def statuses(data):
    """Of all answers in these bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", data)] or [0]


def ask(address, request, source="127.0.0.2", silence=30):
    """Sends a request, piece by piece when it is a generator; what is answered until the end, or until
    nothing has come for so long."""
    data = b""
    try:
        with connect(address, source) as s:
            try:
                for piece in [request] if isinstance(request, bytes) else request:
                    s.sendall(piece)
            except OSError:
                pass  # cut off, perhaps with an answer
            s.settimeout(silence)
            while piece := s.recv(65536):
                data += piece
    except OSError:
        pass
    return data


def show(counter):
    print(" ".join("%s:%d" % item for item in sorted(counter.items())))


# ---- those who are to be served ------------------------------------------------------------------

def probe_one(times, address, requests, until):
    while time.monotonic() < until:
        began = time.monotonic()
        good = statuses(ask(address, next(requests), "127.0.0.1"))[0] == 200
        times.append((time.monotonic() - began) * 1000 if good else None)
        time.sleep(0.01)


def probe(address, _, seconds):
    def uploads():
        seed = int(time.time() * 1000)
        while True:
            seed += 1
            yield post(UPLOAD % ("probe", "cpu"), load.make(seed))

    def queries():
        while True:
            yield once("/api/0/profiles?service=load&from=2000-01-01T00:00:00&to=now&limit=10", method="GET")

    until = time.monotonic() + seconds
    kinds = [("upload", uploads(), []), ("query", queries(), [])]
    threads = [threading.Thread(target=probe_one, args=(times, address, requests, until))
               for _, requests, times in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, _, times in kinds:
        good = sorted(t for t in times if t is not None) or [0]
        print("%s %.1f %.1f %.1f of %d, failed %d" % (
            name, good[len(good) // 2], good[len(good) * 99 // 100], good[-1], len(times), times.count(None)))


# ---- those who are not ---------------------------------------------------------------------------

def connections(address, count, _):
    whole = post(UPLOAD % ("drop", "cpu"), load.make(1))
    places = [0, 0, 5, 40, whole.index(b"\r\n\r\n") + 4, len(whole) // 2, len(whole) - 1, len(whole)]
    reset = struct.pack("ii", 1, 0)
    failed = 0
    for i in range(count):
        try:
            s = connect(address)
            if size := places[i % len(places)]:
                s.send(whole[:size])
            if i % 3 == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            s.close()
        except OSError:
            failed += 1
    print("dropped %d, failed %d" % (count - failed, failed))


def slow(address, count, seconds):
    body = once(UPLOAD % ("slow", "cpu"), "Content-Length: 60000")
    texts = [b"POST / HTTP/1.1\r\nHost: x\r\nX-Dribble: ", body, b"",
             once("/profiling/v1/input", "Content-Type: multipart/form-data; boundary=B", "Content-Length: 60000")
             + b"--B\r\nContent-Disposition: form-data; name=\"",
             once(UPLOAD % ("slow", "cpu"), "Transfer-Encoding: chunked") + b"ffff\r\n"]
    open_ones, refused, cut = {}, 0, 0
    until = time.monotonic() + seconds
    poll = select.epoll()
    for i in range(count):
        try:
            s = connect(address, "127.0.0.%d" % (2 + i // FROM_ONE_ADDRESS), timeout=5)
            s.sendall(texts[i % len(texts)])
            open_ones[s.fileno()] = (s, i % len(texts) != 2)
            poll.register(s.fileno(), select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR)
        except OSError:
            refused += 1
    print("connected %d, refused %d" % (len(open_ones), refused), flush=True)
    while open_ones and time.monotonic() < until:
        for fd, _ in poll.poll(0.1):
            poll.unregister(fd)
            open_ones.pop(fd)[0].close()
            cut += 1
        for s, sends in open_ones.values():
            try:
                if sends:
                    s.send(b"x")
            except OSError:
                pass  # the next poll tells
        time.sleep(0.5)
    print("cut off %d, left %d" % (cut, len(open_ones)))


def large(address, mib, _):
    piece = bytes(1 << 20)

    def plain(*headers):
        yield once(UPLOAD % ("large", "cpu"), *headers)
        for _ in range(mib):
            yield piece

    def chunked():
        yield once(UPLOAD % ("large", "cpu"), "Transfer-Encoding: chunked")
        for _ in range(mib):
            yield b"100000\r\n" + piece + b"\r\n"
        yield b"0\r\n\r\n"

    for name, request in (("length", plain("Content-Length: %d" % (mib << 20))), ("chunked", chunked()),
                          ("expect", plain("Content-Length: %d" % (mib << 20), "Expect: 100-continue")),
                          ("a length of 2^64", plain("Content-Length: 18446744073709551616")),
                          ("a length of -1", plain("Content-Length: -1"))):
        print(name, statuses(ask(address, request)))
    counter = collections.Counter()
    fits = head(UPLOAD % ("large", "cpu"), "Content-Length: %d" % (4 << 20))
    with connect(address) as s:
        for _ in range((mib + 3) // 4):
            s.sendall(fits + piece * 4)
            counter[statuses(s.recv(65536))[0]] += 1
    print("none too large", end=" ")
    show(counter)


def zstd_bomb(mib):
    """A frame of runs of zeros that says how long it is."""
    size = mib << 20
    runs = [struct.pack("<I", (i == mib * 8 - 1) | 1 << 1 | (128 << 10) << 3)[:3] + b"\0" for i in range(mib * 8)]
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", size) + b"".join(runs)


def profiles_of_nothing():
    """Valid or not, of few bytes that ask for much: empty texts, samples, functions, deep stacks, labels."""
    types = load.block(1, load.number(1, 0) + load.number(2, 0))
    ids = b"\1" * (8 << 20)
    one = load.block(4, load.number(1, 1))
    return [("texts", types + b"\x32\0" * (16 << 20)), ("samples", types + b"\x32\0" + b"\x12\0" * (16 << 20)),
            ("functions", types + b"\x32\0" + b"\x2a\0" * (16 << 20)),
            ("stack", types + b"\x32\0" + one + load.block(2, load.block(1, ids) + load.block(2, b"\1"))),
            ("samples that are samples", types + b"\x32\0" + one + load.block(
                2, load.block(1, b"\1" * 100) + load.block(2, b"\1")) * 500000),
            ("labels", types + b"\x32\0\x32\1a" + load.block(2, load.block(2, b"\1") + load.block(
                3, load.number(1, 1) + load.number(3, 1)) * 900) * 4000)]


def bombs(address, count, _):
    def form(*bodies):
        return b"".join(b'--B\r\nContent-Disposition: form-data; name="%d"; filename="cpu.pprof"\r\n\r\n' % i + body
                        + b"\r\n" for i, body in enumerate(bodies)) + b"--B--\r\n"

    zeros = gzip.compress(bytes(1 << 30), 9)
    zstd = zstd_bomb(4000)
    kinds = [("gzip", zeros), ("gzip of gzip", gzip.compress(zeros)), ("zstd", zstd)]
    kinds += [(name, gzip.compress(body, 6)) for name, body in profiles_of_nothing()]
    whole = {name: post(UPLOAD % ("bomb", "cpu"), body) for name, body in kinds}
    multipart = "Content-Type: multipart/form-data; boundary=B"
    whole["form"] = post("/profiling/v1/input", form(*[zeros] * 8 + [zstd] * 8), multipart)
    whole["form in a form"] = post("/profiling/v1/input", form(form(zeros)), multipart)
    whole["parts"] = post("/profiling/v1/input", form(*[b""] * 100000), multipart)
    for name, request in whole.items():
        counter = collections.Counter()

        def one(request=request, counter=counter):
            counter[statuses(ask(address, request))[0]] += 1
        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(name, end=" ")
        show(counter)


def heads(address, kib, _):
    size = 1
    counter = collections.Counter()
    body = load.make(1)
    while size <= kib:
        text = "x" * (size << 10)
        for request in (once("/healthz", "X: " + text, method="GET"), once("/" + text, method="GET"),
                        once("/healthz", *["X-%d: y" % i for i in range(size * 100)], method="GET"),
                        once("/api/0/profiles?service=%s&from=0&to=now" % text, method="GET"),
                        once("/api/0/profiles?" + "a=b&" * (size << 8), method="GET"),
                        once("/healthz", "Authorization: Basic " + text, method="GET"),
                        post(UPLOAD % ("heads", "cpu") + "&labels=" + text + "%3Dy", body),
                        post(UPLOAD % ("heads", "cpu") + "&labels=" + ",".join(
                            "k%d%%3Dv" % i for i in range(size * 64)), body),
                        post("/profiling/v1/input", b"--" + text.encode() + b"\r\n",
                             "Content-Type: multipart/form-data; boundary=" + text)):
            counter[statuses(ask(address, request))[0]] += 1
        size *= 2
    show(counter)


def arguments(address, count, _):
    request = once("/api/0/profiles?" + "a=b&" * 4096, method="GET")
    for _ in range(count):
        with connect(address) as s:
            s.sendall(request)


def shapes(address, *_):
    get = head("/healthz", method="GET")
    ok = UPLOAD % ("shape", "trace")
    for name, request in (
            ("pipelined", get * 100),
            ("pipelined uploads", head(ok, "Content-Length: 3") + b"one" + head(ok, "Content-Length: 3") + b"two" + get),
            ("length and chunked", head(ok, "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + get),
            ("two lengths", head(ok, "Content-Length: 5", "Content-Length: 50") + b"12345" + get),
            ("chunked twice", head(ok, "Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n" + get),
            ("another coding", head(ok, "Transfer-Encoding: xchunked") + b"0\r\n\r\n" + get),
            ("a length with a sign", head(ok, "Content-Length: +5") + b"12345"),
            ("a length with a blank", head(ok, "Content-Length : 5") + b"12345"),
            ("a large chunk", head(ok, "Transfer-Encoding: chunked") + b"ffffffffffffffff1\r\n12345"),
            ("a folded header", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"),
            ("line feeds only", b"GET /healthz HTTP/1.1\nHost: x\n\n"),
            ("no host", b"GET /healthz HTTP/1.1\r\n\r\n"),
            ("HTTP/1.0", b"GET /healthz HTTP/1.0\r\n\r\n"),
            ("HTTP/0.9", b"GET /healthz\r\n\r\n"),
            ("HTTP/2.0", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            ("HTTP/9.9", head("/healthz", method="GET", version="9.9")),
            ("HEAD", head("/healthz", method="HEAD") + get),
            ("OPTIONS", head("*", method="OPTIONS")),
            ("TRACE", head("/healthz", method="TRACE")),
            ("CONNECT", b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
            ("PUT", head("/healthz", "Content-Length: 5", method="PUT") + b"12345"),
            ("GET with a body", head("/healthz", "Content-Length: 5", method="GET") + b"12345" + get),
            ("another host", head("http://other:1/healthz", method="GET")),
            ("out of the root", head("/../../etc/passwd", method="GET")),
            ("NUL", head("/healthz\0x", method="GET")),
            ("TLS", bytes.fromhex("16030100c8010000c40303") + bytes(200)),
            ("noise", bytes(range(256)) * 64)):
        print("%s:" % name, *statuses(ask(address, request, silence=0.3)))


def unread(address, count, seconds):
    open_ones = []
    for _ in range(count):
        s = connect(address)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(head(MERGE, method="GET") * 4)
        open_ones.append(s)
    print("asked", flush=True)
    time.sleep(seconds)
    counter = collections.Counter()
    for s in open_ones:
        try:
            s.settimeout(5)
            counter[statuses(s.recv(4096))[0]] += 1
        except OSError:
            counter[0] += 1
    show(counter)


def main():
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 20
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    {"probe": probe, "connections": connections, "slow": slow, "large": large, "bombs": bombs, "heads": heads, "arguments": arguments,
     "shapes": shapes, "unread": unread}[sys.argv[1]](sys.argv[2], count, seconds)


if __name__ == "__main__":
    main()
