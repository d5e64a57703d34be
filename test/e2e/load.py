#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Uploads profiles that are all different, and looks whether those that were taken are there.

    load.py make FILE SEED [SIZE]      one profile, gzip'd, into FILE
    load.py upload HOST:PORT LOG SEED THREADS COUNT
                                       uploads until COUNT were taken or the server is gone; LOG gets
                                       a line "ID SHA256" for each that was acknowledged, as it comes;
                                       prints how many were taken and how many refused by status
    load.py spread HOST:PORT QUERY START STEP COUNT FILE...
                                       uploads COUNT profiles, the files again and again, as if each had
                                       begun STEP seconds after the one before it, the first at START
    load.py verify HOST:PORT LOG       each id of LOG is there, byte for byte
"""
import gzip
import hashlib
import http.client
import json
import random
import sys
import threading


def varint(n):
    out = bytearray()
    while n > 0x7f:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def number(field, n):
    return varint(field << 3) + varint(n)


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def make(seed, size=4000, apart_ns=1):
    """A pprof of about so many bytes before compression, unlike that of any other seed; they begin so far
    apart."""
    rng = random.Random(seed)
    names = ["", "samples", "count", "cpu", "nanoseconds"]
    out = block(1, number(1, 1) + number(2, 2)) + block(1, number(1, 3) + number(2, 4))
    rows = max(1, size // 60)
    for i in range(1, rows + 1):
        names.append("function_%x_%d" % (rng.getrandbits(32), i))
        value = rng.randrange(1, 100)
        out += block(2, block(1, varint(i)) + block(2, varint(value) + varint(value * 10000000)))
        out += block(4, number(1, i) + block(4, number(1, i)))
        out += block(5, number(1, i) + number(2, len(names) - 1))
    for name in names:
        out += block(6, name.encode())
    out += number(9, 1700000000000000000 + seed * apart_ns) + number(10, 10 ** 9)
    return gzip.compress(out, 1, mtime=0)


def begun_at(pprof, time_ns):
    """The same profile, but for the time that it tells."""
    def varint_at(at):
        n = shift = 0
        while True:
            n |= (pprof[at] & 0x7f) << shift
            at, shift = at + 1, shift + 7
            if pprof[at - 1] < 0x80:
                return n, at
    out, at = bytearray(), 0
    while at < len(pprof):
        begin = at
        key, at = varint_at(at)
        n, at = varint_at(at)
        at += n if key & 7 == 2 else 0
        if key >> 3 != 9:
            out += pprof[begin:at]
    return bytes(out) + number(9, time_ns)


def spread(address, query, start, step, count, *files):
    pprofs = [gzip.decompress(open(file, "rb").read()) for file in files]
    connection = http.client.HTTPConnection(address, timeout=60)
    for i in range(int(count)):
        time_ns = int((float(start) + i * float(step)) * 1e9)
        body = gzip.compress(begun_at(pprofs[i % len(pprofs)], time_ns), 1, mtime=0)
        connection.request("POST", "/api/0/profiles?" + query, body)
        response = connection.getresponse()
        if response.status != 200:
            sys.exit("profile %d: %d %s" % (i, response.status, response.read()))
        response.read()


class Uploads:
    def __init__(self, address, log, seed, count):
        self.address, self.log, self.seed, self.left = address, open(log, "a"), seed, count
        self.lock = threading.Lock()
        self.taken, self.statuses = 0, {}

    def next_seed(self):
        with self.lock:
            if self.left <= 0:
                return None
            self.left -= 1
            self.seed += 1
            return self.seed

    def note(self, status, answer, body):
        with self.lock:
            if status == 200:
                self.taken += 1
                self.log.write("%s %s\n" % (json.loads(answer)["body"]["id"],
                                            hashlib.sha256(body).hexdigest()))
                self.log.flush()
            else:
                self.statuses[status] = self.statuses.get(status, 0) + 1

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        while (seed := self.next_seed()) is not None:
            body = make(seed)
            try:
                connection.request("POST", "/api/0/profiles?service=load&type=cpu&labels=n%%3D%d"
                                   % (seed % 7), body)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException):
                return
            self.note(response.status, answer, body)


def upload(address, log, seed, threads, count):
    uploads = Uploads(address, log, int(seed), int(count))
    running = [threading.Thread(target=uploads.run) for _ in range(int(threads))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(uploads.taken, " ".join("%d:%d" % item for item in sorted(uploads.statuses.items())))


def verify(address, log):
    connection = http.client.HTTPConnection(address, timeout=60)
    count = 0
    for line in open(log):
        if not line.endswith("\n"):
            break
        name, digest = line.split()
        connection.request("GET", "/api/0/profiles/" + name)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200 or hashlib.sha256(body).hexdigest() != digest:
            sys.exit("%s was acknowledged, and now: %d, %d bytes" % (name, response.status, len(body)))
        count += 1
    print(count)


def main():
    word, arguments = sys.argv[1], sys.argv[2:]
    if word == "make":
        with open(arguments[0], "wb") as file:
            file.write(make(int(arguments[1]), int(arguments[2]) if len(arguments) > 2 else 4000))
    elif word == "upload":
        upload(*arguments)
    elif word == "spread":
        spread(*arguments)
    elif word == "verify":
        verify(*arguments)


if __name__ == "__main__":
    main()
