#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that is busy in ordinary ways all its life: busy.py SECONDS SHARE

It makes threads that come and go, cyclic garbage, child processes by fork and by exec, and keeps
to SHARE of a processor. What it holds at any time does not grow.
"""
import os
import subprocess
import sys
import threading
import time
import zlib


class Node:
    """One of a ring of objects that only the cycle collector can free."""

    def __init__(self, before):
        self.before = before
        self.load = bytearray(256)


def garbage(count):
    first = Node(None)
    node = first
    for _ in range(count):
        node = Node(node)
    first.before = node


def compress():
    data = b"".join(str(i).encode() for i in range(4000))
    return zlib.crc32(zlib.compress(data, 6))


def threads():
    group = [threading.Thread(target=compress) for _ in range(3)]
    for thread in group:
        thread.start()
    for thread in group:
        thread.join()


def forked():
    pid = os.fork()
    if pid == 0:
        compress()
        os._exit(0)
    os.waitpid(pid, 0)


def executed():
    subprocess.run(["/bin/true"], check=True)


def main():
    end = time.monotonic() + float(sys.argv[1])
    share = float(sys.argv[2])
    turn = 0
    while time.monotonic() < end:
        before = time.process_time()
        garbage(300)
        threads()
        if turn % 10 == 0:
            forked()
        if turn % 20 == 10:
            executed()
        turn += 1
        time.sleep((time.process_time() - before) * (1 / share - 1))


if __name__ == "__main__":
    main()
