#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A strict agent: takes uploads as a Blackfire or Datadog agent would, and checks every byte.

One JSON line per request goes to --log: {"ok": true, "tags": …, "profiles": [...]} or
{"error": "…"}. The address it listens on is the first line of standard output. It ends at SIGTERM,
SIGINT or after --count requests; exit status 1 when any upload was not well-formed.
"""
import argparse
import base64
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import zlib

MODES = ("ok refuse blackhole slow reset status=NNN retry-after=N garbage huge continue-never "
         "cycle").split()
CYCLE = ["blackhole", "reset", "status=500", "garbage", "huge", "status=413", "retry-after=1",
         "slow", "status=302", "ok"]
INPUT_PATH = "/profiling/v1/input"


class Bad(Exception):
    """What the client did wrong."""


def need(condition, text):
    if not condition:
        raise Bad(text)


# --- protobuf and pprof -------------------------------------------------------------------------

def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data), "protobuf: a varint is cut off")
        need(shift < 70, "protobuf: a varint is too long")
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            need(value < 1 << 64, "protobuf: a varint exceeds 64 bits")
            return value, at


def fields(data):
    """Yields (number, wire type, value)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        need(number > 0, "protobuf: field number 0")
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            size, at = varint(data, at)
            need(at + size <= len(data), "protobuf: a field is cut off")
            value, at = data[at:at + size], at + size
        else:
            raise Bad("protobuf: wire type %d has no place in a pprof" % wire)
        yield number, wire, value


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def message(data, scalars, repeated=(), nested=()):
    """A message as {number: value}; repeated and nested are lists, packed or not."""
    result = {n: 0 for n in scalars}
    result.update({n: [] for n in (*repeated, *nested)})
    seen = set()
    for number, wire, value in fields(data):
        if number in nested:
            need(wire == 2, "pprof: field %d is no message" % number)
            result[number].append(value)
        elif number in repeated:
            if wire == 0:
                result[number].append(signed(value))
            else:
                at = 0
                while at < len(value):
                    item, at = varint(value, at)
                    result[number].append(signed(item))
        elif number in scalars:
            need(wire == 0, "pprof: field %d is no number" % number)
            need(number not in seen, "pprof: field %d occurs twice" % number)
            seen.add(number)
            result[number] = signed(value)
        else:
            raise Bad("pprof: there is no field %d here" % number)
    return result


def value_type(data, text):
    m = message(data, (1, 2))
    return text(m[1]), text(m[2])


def table(items, scalars, repeated=(), nested=()):
    """Messages with ids 1…n in order."""
    result = [message(item, scalars, repeated, nested) for item in items]
    for index, item in enumerate(result):
        need(item[1] == index + 1, "pprof: id %d at place %d" % (item[1], index + 1))
    return result


def check_pprof(data):
    """Strictly reads an uncompressed pprof; returns a summary of it."""
    strings, fine = [], []
    for number, wire, value in fields(data):
        if number == 6:
            need(wire == 2, "pprof: string_table holds no strings")
            try:
                strings.append(value.decode("utf-8"))
            except UnicodeDecodeError:
                raise Bad("pprof: string %d is no UTF-8" % len(strings)) from None
        else:
            fine.append((number, wire, value))
    need(strings and strings[0] == "", "pprof: string 0 is not empty")
    need(len(set(strings)) == len(strings), "pprof: a string occurs twice")

    def text(index):
        need(0 <= index < len(strings), "pprof: there is no string %d" % index)
        return strings[index]

    known = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15}
    lists = {n: [] for n in (1, 2, 3, 4, 5)}
    rest = {}
    comments = []
    for number, wire, value in fine:
        need(number in known, "pprof: there is no field %d in a profile" % number)
        if number in lists:
            need(wire == 2, "pprof: field %d is no message" % number)
            lists[number].append(value)
        elif number == 13:
            packed = [value] if wire == 0 else []
            at = 0
            while wire == 2 and at < len(value):
                item, at = varint(value, at)
                packed.append(item)
            comments += [text(i) for i in packed]
        else:
            need(number not in rest, "pprof: field %d occurs twice" % number)
            rest[number] = value if number == 11 else signed(value)

    types = [value_type(item, text) for item in lists[1]]
    need(types, "pprof: no sample type")
    for name in [n for t in types for n in t]:
        need(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name), "pprof: bad type name %r" % name)
    if 11 in rest:
        value_type(rest[11], text)
    for number in (7, 8, 14, 15):
        text(rest.get(number, 0))
    mappings = table(lists[3], range(1, 11))
    spans = []
    for m in mappings:
        text(m[5]), text(m[6])
        low, high = m[2] % (1 << 64), m[3] % (1 << 64)
        need(low <= high, "pprof: mapping %d ends before it begins" % m[1])
        if high:
            spans.append((low, high, m[4], m[5], m[6]))
    # they may overlap: a file is unmapped, and it or another one mapped where it was
    need(len(set(spans)) == len(spans), "pprof: a mapping is there twice")
    functions = table(lists[5], (1, 2, 3, 4, 5))
    for f in functions:
        text(f[2]), text(f[3]), text(f[4])
    locations = table(lists[4], (1, 2, 3, 5), nested=(4,))
    for loc in locations:
        need(0 <= loc[2] <= len(mappings), "pprof: there is no mapping %d" % loc[2])
        need(loc[2] or loc[4], "pprof: location %d has neither mapping nor line" % loc[1])
        for line in loc[4]:
            fid = message(line, (1, 2, 3))[1]
            need(1 <= fid <= len(functions), "pprof: there is no function %d" % fid)
    totals = [0] * len(types)
    for item in lists[2]:
        s = message(item, (), (1, 2), (3,))
        need(len(s[2]) == len(types), "pprof: %d values for %d types" % (len(s[2]), len(types)))
        need(all(v >= 0 for v in s[2]), "pprof: a negative value")
        for loc in s[1]:
            need(1 <= loc <= len(locations), "pprof: there is no location %d" % loc)
        keys = set()
        for label in s[3]:
            lab = message(label, (1, 2, 3, 4))
            key = text(lab[1])
            need(key, "pprof: a label without a key")
            need(key not in keys, "pprof: label %r twice in a sample" % key)
            need(not (lab[2] and lab[3]), "pprof: label %r is string and number" % key)
            keys.add(key)
            text(lab[2]), text(lab[4])
        totals = [a + b for a, b in zip(totals, s[2])]
    need(lists[2], "pprof: no samples")
    need(rest.get(9, 0) > 0, "pprof: time_nanos is missing")
    need(rest.get(10, 0) >= 0, "pprof: duration_nanos is negative")
    return {"types": ["%s/%s" % t for t in types], "totals": totals, "samples": len(lists[2]),
            "locations": len(locations), "functions": len(functions),
            "mappings": len(mappings), "time_nanos": rest[9],
            "duration_nanos": rest.get(10, 0), "comments": comments}


def gunzip(data):
    need(data[:2] == b"\x1f\x8b", "a profile is not gzip'd")
    inflater = zlib.decompressobj(31)
    try:
        raw = inflater.decompress(data, 64 << 20)
    except zlib.error as error:
        raise Bad("gzip: %s" % error) from None
    need(inflater.eof, "gzip: the stream has no end, or is larger than 64 MiB")
    need(not inflater.unused_data, "gzip: bytes behind the end")
    return raw


# --- HTTP, multipart, event ---------------------------------------------------------------------

def parse_head(head):
    need(b"\n" not in head.replace(b"\r\n", b""), "http: a bare line feed")
    lines = head.split(b"\r\n")
    match = re.fullmatch(rb"([A-Z]+) (\S+) HTTP/1\.1", lines[0])
    need(match, "http: bad request line %r" % lines[0][:100])
    headers = {}
    for line in lines[1:]:
        field = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~\x80-\xff]*?)[ \t]*", line)
        need(field, "http: bad header %r" % line[:100])
        name = field[1].decode().lower()
        need(name not in headers, "http: header %s twice" % name)
        headers[name] = field[2].decode("latin-1")
    return match[1].decode(), match[2].decode("latin-1"), headers


def part_header(head):
    headers = {}
    for line in head.split(b"\r\n"):
        name, colon, value = line.partition(b": ")
        need(colon, "multipart: bad header %r" % line[:100])
        headers[name.decode("latin-1").lower()] = value.decode("latin-1")
    match = re.fullmatch(r'form-data; name="([^"]*)"; filename="([^"]*)"',
                         headers.get("content-disposition", ""))
    need(match, "multipart: bad Content-Disposition")
    return match[1], match[2], headers.get("content-type", "")


def parse_multipart(content_type, body):
    match = re.fullmatch(r'multipart/form-data; boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?',
                         content_type)
    need(match, "no multipart/form-data: %r" % content_type)
    boundary = b"--" + match[1].encode()
    need(body.startswith(boundary + b"\r\n"), "multipart: does not begin with its boundary")
    need(body.endswith(b"\r\n" + boundary + b"--\r\n"), "multipart: does not end with its boundary")
    inner = body[len(boundary) + 2:-len(boundary) - 6]
    parts = []
    for part in inner.split(b"\r\n" + boundary + b"\r\n"):
        head, blank, data = part.partition(b"\r\n\r\n")
        need(blank, "multipart: a part without headers")
        need(boundary not in data, "multipart: the boundary occurs in a part")
        parts.append((*part_header(head), data))
    return parts


def parse_time(text):
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", str(text))
    need(match, "event: %r is no RFC 3339 time in UTC with nanoseconds" % text)
    import calendar
    try:
        seconds = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        raise Bad("event: there is no time %r" % text) from None
    return seconds * 10 ** 9 + int(match[2])


def parse_tags(text):
    tags = {}
    for tag in text.split(","):
        key, colon, value = tag.partition(":")
        need(key and colon and value, "event: bad tag %r" % tag)
        need(not re.search(r"[\x00-\x1f\x7f-\x9f]", tag), "event: control character in %r" % tag)
        need(key not in tags, "event: tag %r twice" % key)
        tags[key] = value
    for key in ("application_name", "service", "language", "runtime", "runtime_os",
                "runtime_arch", "process_id", "profile_seq"):
        need(key in tags, "event: there is no tag %s" % key)
    return tags


def no_duplicates(pairs):
    need(len({k for k, _ in pairs}) == len(pairs), "event: a key occurs twice")
    return dict(pairs)


def parse_event(data):
    try:
        event = json.loads(data.decode("utf-8"), object_pairs_hook=no_duplicates)
    except (UnicodeDecodeError, ValueError) as error:
        raise Bad("event: %s" % error) from None
    need(isinstance(event, dict), "event: no object")
    need(event.get("version") == "4", "event: version is not \"4\"")
    need(isinstance(event.get("family"), str) and event["family"], "event: no family")
    need(isinstance(event.get("tags_profiler"), str), "event: no tags_profiler")
    need(isinstance(event.get("attachments"), list), "event: no attachments")
    start, end = parse_time(event.get("start")), parse_time(event.get("end"))
    need(start <= end, "event: end is before start")
    return event, parse_tags(event["tags_profiler"])


def check_upload(options, head, body):
    """Returns (record, [(name, bytes)]); raises Bad."""
    method, path, headers = parse_head(head)
    need(method == "POST", "http: method %s" % method)
    need(path.endswith(INPUT_PATH), "http: path %s" % path)
    need("host" in headers, "http: no Host")
    need("expect" not in headers, "http: Expect was sent")
    need("transfer-encoding" not in headers, "http: no Content-Length")
    need(re.fullmatch(r"conprof/\S+", headers.get("user-agent", "")), "http: bad User-Agent")
    parts = parse_multipart(headers.get("content-type", ""), body)
    name, filename, kind, data = parts[-1]
    need((name, filename) == ("event", "event.json"), "multipart: the last part is no event")
    need(kind == "application/json", "multipart: the event is no application/json")
    event, tags = parse_event(data)
    need(event["attachments"] == [p[1] for p in parts[:-1]], "event: attachments are others")
    need(len(parts) > 1, "no profile")
    profiles, files = [], []
    for name, filename, kind, data in parts[:-1]:
        need(name == filename, "multipart: name %r, filename %r" % (name, filename))
        need(re.fullmatch(r"[a-z0-9_-]+\.pprof", name), "multipart: bad name %r" % name)
        need(kind == "application/octet-stream", "multipart: %s is %r" % (name, kind))
        raw = gunzip(data)
        summary = {} if options.any_profile else check_pprof(raw)
        profiles.append({"name": name, "size": len(data), "raw": len(raw), **summary})
        files.append((name, data))
    record = {"ok": True, "path": path, "host": headers["host"], "family": event["family"],
              "user_agent": headers["user-agent"], "authorization": "authorization" in headers,
              "start": event["start"], "end": event["end"], "tags": tags, "profiles": profiles}
    return record, files


# --- the server ---------------------------------------------------------------------------------

class Agent:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.requests = 0
        self.errors = 0
        self.done = threading.Event()
        self.log = open(options.log, "a", encoding="utf-8") if options.log else sys.stdout

    def record(self, record):
        with self.lock:
            self.requests += 1
            self.errors += "error" in record
            record = {"request": self.requests, **record}
            print(json.dumps(record, ensure_ascii=False), file=self.log, flush=True)
            if self.options.count and self.requests >= self.options.count:
                self.done.set()
            return self.requests

    def keep(self, number, files):
        if not self.options.dir:
            return
        os.makedirs(self.options.dir, exist_ok=True)
        for name, data in files:
            path = os.path.join(self.options.dir, "%06d-%s.gz" % (number, name))
            with open(path + ".tmp", "wb") as file:
                file.write(data)
            os.rename(path + ".tmp", path)

    def read_request(self, peer, buffer):
        """Returns (head, body, rest), or None at the end of the connection."""
        while b"\r\n\r\n" not in buffer:
            need(len(buffer) < 65536, "http: the head is too large")
            data = peer.recv(65536)
            if not data:
                need(not buffer, "http: the head is cut off")
                return None
            buffer += data
        head, _, rest = buffer.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length:[ \t]*(\d+)", b"\r\n" + head, re.I)
        need(length, "http: no Content-Length")
        size = int(length[1])
        need(size <= 64 << 20, "http: the body is too large")
        while len(rest) < size:
            data = peer.recv(65536)
            need(data, "http: the body is cut off")
            rest += data
        return head, rest[:size], rest[size:]

    def is_allowed(self, head):
        if not self.options.auth:
            return True
        wanted = b"Basic " + base64.b64encode(self.options.auth.encode())
        found = re.search(rb"\r\nauthorization:[ \t]*([^\r]*)", head, re.I)
        return bool(found) and found[1].strip() == wanted

    def answer(self, peer, status, headers="", body=b""):
        head = "HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n" % (status, len(body), headers)
        peer.sendall(head.encode() + body)

    def take(self, peer, head, body):
        if not self.is_allowed(head):
            self.record({"error": "bad credentials"})
            self.answer(peer, 401)
            return
        try:
            record, files = check_upload(self.options, head, body)
        except Bad as error:
            self.record({"error": str(error)})
            self.answer(peer, 400)
            return
        self.keep(self.record(record), files)
        self.answer(peer, 200)

    def fault(self, peer, mode, head, body):
        """Does what the mode says to one request; False ends the connection."""
        name, _, number = mode.partition("=")
        if name in ("ok", "refuse"):
            self.take(peer, head, body)
            return True
        self.record({"fault": mode})
        if name == "status":
            self.answer(peer, int(number), "Location: file:///etc/passwd\r\n"
                        if number.startswith("3") else "")
            return True
        if name == "retry-after":
            self.answer(peer, 429, "Retry-After: %d\r\n" % int(number))
            return True
        if name == "garbage":
            peer.sendall(b"\x00\xff\r\nnothing like HTTP\r\n\r\n" * 10)
        elif name == "huge":
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            while not self.done.is_set():
                peer.sendall(bytes(65536))
        elif name == "slow":
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
                peer.sendall(bytes([byte]))
                if self.done.wait(1):
                    break
        return False

    def early_fault(self, peer, mode):
        """The faults that come before the request is read; True when it was one."""
        if mode == "blackhole" or mode == "continue-never":
            self.record({"fault": mode})
            if mode == "continue-never":
                while b"\r\n\r\n" not in peer.recv(65536, socket.MSG_PEEK):
                    time.sleep(0.05)
            self.done.wait(3600)
            return True
        if mode == "reset":
            self.record({"fault": mode})
            peer.recv(100)
            if peer.family != socket.AF_UNIX:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return True
        return False

    def mode(self):
        if self.options.mode != "cycle":
            return self.options.mode
        with self.lock:
            return CYCLE[self.requests % len(CYCLE)]

    def serve(self, peer):
        buffer = b""
        try:
            while not self.early_fault(peer, self.mode()):
                request = self.read_request(peer, buffer)
                if not request:
                    break
                head, body, buffer = request
                if not self.fault(peer, self.mode(), head, body):
                    break
        except Bad as error:
            self.record({"error": str(error)})
        except OSError:
            pass  # the client has gone
        finally:
            peer.close()


def listen(address):
    if address.startswith("unix:"):
        path = re.sub(r"^unix:(//)?", "", address)
        if os.path.exists(path):
            os.unlink(path)
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        shown = "unix://" + path
    else:
        match = re.fullmatch(r"tcp:(?://)?(?:\[([0-9a-fA-F:]+)\]|([^:]*)):(\d+)", address)
        if not match:
            sys.exit("agent.py: bad address %r: unix:PATH or tcp:HOST:PORT" % address)
        host = match[1] or match[2] or "127.0.0.1"
        server = socket.socket(socket.AF_INET6 if match[1] else socket.AF_INET)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, int(match[3])))
        shown = "tcp://%s:%d" % ("[%s]" % host if match[1] else host, server.getsockname()[1])
    return server, shown


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="modes: " + ", ".join(MODES))
    parser.add_argument("address", help="unix:PATH or tcp:HOST:PORT (port 0: any free one)")
    parser.add_argument("--mode", default="ok", help="what to do with each request")
    parser.add_argument("--dir", help="directory that the profiles are kept in")
    parser.add_argument("--log", help="file that the JSON lines are appended to (stdout)")
    parser.add_argument("--auth", metavar="ID:TOKEN", help="demand HTTP Basic credentials")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="speak TLS")
    parser.add_argument("--count", type=int, default=0, help="end after so many requests")
    parser.add_argument("--any-profile", action="store_true",
                        help="check only that profiles are gzip'd, not that they are pprof")
    options = parser.parse_args()
    if not re.fullmatch(r"ok|refuse|blackhole|slow|reset|status=[1-9]\d\d|retry-after=\d+|garbage|"
                        r"huge|continue-never|cycle", options.mode):
        parser.error("there is no mode " + options.mode)
    return options


def main():
    options = parse_options()
    agent = Agent(options)
    server, shown = listen(options.address)
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
        shown = shown.replace("tcp:", "https:")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.done.set())
    if options.mode != "refuse":  # bound but not listening: every connection is refused
        server.listen(64)
        server.settimeout(0.1)
    print(shown, flush=True)

    def handle(peer):
        peer.settimeout(None)
        try:
            if context:
                peer = context.wrap_socket(peer, server_side=True)
        except OSError as error:
            if not agent.done.is_set():
                agent.record({"fault": "tls: %s" % error})
            peer.close()
            return
        agent.serve(peer)

    while not agent.done.is_set():
        if options.mode == "refuse":
            agent.done.wait(0.1)
            continue
        try:
            peer, _ = server.accept()
        except socket.timeout:
            continue
        threading.Thread(target=handle, args=(peer,), daemon=True).start()
    if options.count:
        time.sleep(0.05)  # the last answer is on its way
    if options.address.startswith("unix:"):
        os.unlink(shown[len("unix://"):])
    sys.stdout.flush()
    os._exit(1 if agent.errors else 0)  # threads may hang on black holes


if __name__ == "__main__":
    main()
