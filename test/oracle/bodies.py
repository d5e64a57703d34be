# SPDX-License-Identifier: Apache-2.0
"""bodies.py -- profiles to upload, good ones and bad ones, each made of what it says here."""
import gzip
import struct
import zlib

DAY = 1_790_000_000  # the second that most of them were taken at
CPU = (("samples", "count"), ("cpu", "nanoseconds"))
HEAP = (("alloc_objects", "count"), ("alloc_space", "bytes"),
        ("inuse_objects", "count"), ("inuse_space", "bytes"))
BLOCK = (("contentions", "count"), ("delay", "nanoseconds"))


# --- protobuf -----------------------------------------------------------------------------------

def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def message(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def packed(field, values):
    return message(field, b"".join(varint(v) for v in values)) if values else b""


# --- one profile --------------------------------------------------------------------------------

class Texts:
    def __init__(self):
        self.table = [""]

    def of(self, text):
        if text not in self.table:
            self.table.append(text)
        return self.table.index(text)


def value_type(texts, pair):
    return number(1, texts.of(pair[0])) + number(2, texts.of(pair[1]))


def label(texts, key, value, unit=""):
    if isinstance(value, str):
        return message(3, number(1, texts.of(key)) + number(2, texts.of(value)))
    return message(3, number(1, texts.of(key)) + number(3, value) + number(4, texts.of(unit)))


def raw(types=CPU, stacks=None, seconds=DAY, time_ns=None, duration=10, period=None, labels=(),
        comments=(), mapping="/bin/program", base=0x400000, flags=0, default="", extra=b"",
        drop="", unit_period=("cpu", "nanoseconds")):
    """Profile of stacks {"main;work": (values…)}, outermost function first."""
    texts = Texts()
    stacks = stacks or {"main;work": [3] * len(types), "main;rest": [1] * len(types)}
    names = sorted({name for stack in stacks for name in stack.split(";")})
    out = b"".join(message(1, value_type(texts, t)) for t in types)
    for stack, values in stacks.items():
        sample = packed(1, [names.index(n) + 1 for n in reversed(stack.split(";"))])
        sample += packed(2, values) + b"".join(label(texts, *item) for item in labels)
        out += message(2, sample)
    out += message(3, number(1, 1) + number(2, base) + number(3, base + 0x10000)
                   + number(5, texts.of(mapping)) + number(6, texts.of("b1d")) + number(7, flags))
    for i, name in enumerate(names):
        line = number(1, i + 1) + number(2, 10 + i)
        address = base + 16 * (1 + sum(name.encode()) % 4000)
        out += message(4, number(1, i + 1) + number(2, 1) + number(3, address) + message(4, line))
        out += message(5, number(1, i + 1) + number(2, texts.of(name)) + number(3, texts.of(name))
                       + number(4, texts.of(name + ".c")) + number(5, 5))
    comments = [texts.of(c) for c in comments]
    tail = number(7, texts.of(drop)) if drop else b""
    tail += number(9, seconds * 10 ** 9 if time_ns is None else time_ns)
    tail += number(10, duration * 10 ** 9)
    tail += message(11, value_type(texts, unit_period)) if unit_period else b""
    tail += number(12, 10_000_000 if period is None else period) + packed(13, comments)
    tail += number(14, texts.of(default)) if default else b""
    return out + b"".join(message(6, t.encode()) for t in texts.table) + tail + extra


def profile(**how):
    return gzip.compress(raw(**how), 6, mtime=0)


def with_gzip_crc(data, crc):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\3" + packer.compress(data) + packer.flush()
            + struct.pack("<II", crc, len(data)))


# --- what is no good profile, or an odd one -----------------------------------------------------

def broken():
    """Those that say what is wrong with them."""
    good = raw()
    packed_good = gzip.compress(good, 6, mtime=0)
    empty_texts = message(6, b"") + message(6, b"a")
    sample_type = message(1, number(1, 1) + number(2, 1))
    function = message(5, number(1, 1) + number(2, 1))
    location = message(4, number(1, 1) + message(4, number(1, 1)))
    sample = message(2, packed(1, [1]) + packed(2, [5]))
    whole = sample_type + sample + location + function + empty_texts
    return {
        "empty body": b"",
        "one byte": b"\n",
        "text": b"this is no profile\n",
        "JSON": b'{"profile": true}',
        "zeros": b"\0" * 100,
        "random bytes": bytes((i * 73 + 41) & 255 for i in range(400)),
        "gzip of nothing": gzip.compress(b"", mtime=0),
        "gzip of text": gzip.compress(b"no profile at all, no profile", mtime=0),
        "gzip of gzip": gzip.compress(packed_good, mtime=0),
        "gzip cut short": packed_good[:len(packed_good) // 2],
        "gzip without its end": packed_good[:-8],
        "gzip with a wrong CRC": with_gzip_crc(good, 1),
        "gzip, garbage behind it": packed_good + b"garbage",
        "gzip, zeros behind it": packed_good + b"\0" * 16,
        "gzip magic alone": b"\x1f\x8b",
        "two gzip members, one profile": gzip.compress(good[:60], mtime=0)
                                         + gzip.compress(good[60:], mtime=0),
        "two profiles in a row": good + raw(seconds=DAY + 1),
        "raw, cut short": good[:len(good) // 2],
        "raw, last byte missing": good[:-1],
        "no samples": sample_type + location + function + empty_texts,
        "no sample types": sample + location + function + empty_texts,
        "nothing but texts": empty_texts,
        "minimal": whole,
        "too few values": sample_type * 2 + sample + location + function + empty_texts,
        "too many values": sample_type + message(2, packed(1, [1]) + packed(2, [5, 6])) + location
                           + function + empty_texts,
        "sample without a stack": sample_type + message(2, packed(2, [5])) + empty_texts,
        "unknown location": sample_type + message(2, packed(1, [7]) + packed(2, [5])) + location
                            + function + empty_texts,
        "location id 0": sample_type + sample + message(4, message(4, number(1, 1))) + function
                         + empty_texts,
        "location twice": sample_type + sample + location * 2 + function + empty_texts,
        "function twice": sample_type + sample + location + function * 2 + empty_texts,
        "function id 0": sample_type + sample + location + message(5, number(2, 1)) + empty_texts,
        "unknown function": sample_type + sample + message(4, number(1, 1)
                            + message(4, number(1, 9))) + function + empty_texts,
        "line without function": sample_type + sample + message(4, number(1, 1)
                                 + message(4, number(2, 9))) + function + empty_texts,
        "unknown mapping": sample_type + sample + message(4, number(1, 1) + number(2, 4)
                           + message(4, number(1, 1))) + function + empty_texts,
        "mapping id 0": whole + message(3, number(2, 4096) + number(3, 8192)),
        "mapping twice": whole + message(3, number(1, 1) + number(2, 4096)) * 2,
        "text 0 is not empty": sample_type + sample + location + function + message(6, b"x"),
        "no texts": sample_type + sample + location + function,
        "text out of range": sample_type + sample + location
                             + message(5, number(1, 1) + number(2, 99)) + empty_texts,
        "negative text": sample_type + sample + location
                         + message(5, number(1, 1) + number(2, -1)) + empty_texts,
        "texts that are no UTF-8": sample_type + sample + location + function + message(6, b"")
                                   + message(6, b"\xff\xfe"),
        "unknown fields": whole + number(99, 5) + message(100, b"abc"),
        "fixed fields": whole + varint(90 << 3 | 1) + b"12345678" + varint(91 << 3 | 5) + b"1234",
        "group": whole + varint(90 << 3 | 3) + varint(90 << 3 | 4),
        "field 0": whole + b"\0\1",
        "time as text": whole + message(9, b"abc"),
        "location as number": whole + varint(4 << 3) + b"\1",
        "varint of 11 bytes": whole + varint(9 << 3) + b"\xff" * 11,
        "values not packed": sample_type + message(2, number(1, 1) + number(2, 5)) + location
                             + function + empty_texts,
        "values partly packed": sample_type + message(1, number(1, 2)) + message(2, packed(1, [1]) + number(2, 5)
                                + packed(2, [6])) + location + function + empty_texts
                                + message(6, b"b"),
        "negative values": raw(stacks={"main;work": [-3, -4]}),
        "only zeros": raw(stacks={"main;work": [0, 0]}),
        "largest values": raw(stacks={"main;work": [2 ** 63 - 1, 2 ** 63 - 1]}),
        "negative time": raw(time_ns=-5),
        "time 0": raw(time_ns=0),
        "time 1": raw(time_ns=1),
        "time in 2200": raw(seconds=7_258_118_400),
        "latest time": raw(time_ns=2 ** 63 - 1),
        "negative duration": raw(duration=-1),
        "text and number in a label": sample_type + message(2, packed(1, [1]) + packed(2, [5])
                                      + message(3, number(1, 1) + number(2, 1) + number(3, 7)))
                                      + location + function + empty_texts,
        "label without a key": sample_type + message(2, packed(1, [1]) + packed(2, [5])
                               + message(3, number(2, 1))) + location + function + empty_texts,
        "default type": raw(default="samples"),
        "raw": good,
    }


def legacy():
    """Formats that google/pprof still reads, and profefe with it."""
    return {
        "heap text": b"heap profile: 1: 64 [2: 128] @ heapprofile\n"
                     b"1: 64 [2: 128] @ 0x400100 0x400200\n\nMAPPED_LIBRARIES:\n"
                     b"00400000-00500000 r-xp 00000000 08:01 123 /bin/program\n",
        "goroutine text": b"goroutine profile: total 2\n2 @ 0x400100 0x400200\n"
                          b"#\t0x400100\tmain.main+0x1\t/main.go:1\n\n",
        "contention text": b"--- contention:\ncycles/second = 1000000\nsampling period = 1\n"
                           b"100 2 @ 0x400100 0x400200\n",
        "binary CPU": struct.pack("<5Q", 0, 3, 0, 10000, 0) + struct.pack("<4Q", 5, 2, 0x400100,
                                                                          0x400200)
                      + struct.pack("<3Q", 0, 1, 0),
    }
