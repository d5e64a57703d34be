# SPDX-License-Identifier: Apache-2.0
"""Where uploads go: a strict agent, a closed port, a black hole, one that resets."""
import atexit
import glob
import json
import os
import select
import socket
import subprocess
import sys
import threading
import zlib

KINDS = ("up", "refused", "blackhole", "reset")
# A program may end in the middle of an upload; then the agent sees half of it.
ENDS_EARLY = ("http: the head is cut off", "http: the body is cut off")
# In the environment of every run; it may be in no upload.
CANARY = "canary-4f1d6c2e9b"


class BlackHole:
    """Accepts and never reads. A connection is closed when its peer has gone."""

    def __init__(self):
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(256)
        self.url = "tcp://127.0.0.1:%d" % self.server.getsockname()[1]
        threading.Thread(target=self.swallow, daemon=True).start()

    def swallow(self):
        poll = select.epoll()
        poll.register(self.server, select.EPOLLIN)
        peers = {}
        while True:
            for number, _ in poll.poll():
                if number == self.server.fileno():
                    peer = self.server.accept()[0]
                    peers[peer.fileno()] = peer
                    poll.register(peer, select.EPOLLRDHUP)
                else:
                    poll.unregister(number)
                    peers.pop(number).close()


class Sinks:
    def __init__(self, agent, directory):
        self.directory = directory
        self.seen = 0
        self.log = os.path.join(directory, "up.log")
        self.hole = BlackHole()
        self.urls = {"blackhole": self.hole.url,
                     "up": self.start(agent, "up", "ok", "--dir", os.path.join(directory, "up")),
                     "refused": self.start(agent, "refused", "refuse"),
                     "reset": self.start(agent, "reset", "reset")}

    def start(self, agent, name, mode, *options):
        log = os.path.join(self.directory, name + ".log")
        process = subprocess.Popen([sys.executable, agent, "tcp:127.0.0.1:0", "--mode", mode,
                                    "--log", log, *options],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        atexit.register(process.kill)
        return process.stdout.readline().strip()

    def complaints(self):
        """What the strict agent found wrong since it was last asked."""
        with open(self.log, encoding="utf-8") as file:
            lines = file.readlines()
        records = [json.loads(line) for line in lines[self.seen:] if line.endswith("\n")]
        self.seen += len(records)
        return [r["error"] for r in records if r.get("error", ENDS_EARLY[0]) not in ENDS_EARLY]

    def uploads(self):
        with open(self.log, encoding="utf-8") as file:
            return sum('"ok": true' in line for line in file)

    def leaks(self):
        """The uploads that hold what is the program's secret."""
        secret = CANARY.encode()
        found = []
        with open(self.log, "rb") as file:
            if secret in file.read():
                found.append("an event")
        for path in glob.glob(os.path.join(self.directory, "up", "*.gz")):
            with open(path, "rb") as file:
                data = file.read()
            if secret in data or secret in zlib.decompress(data, 31):
                found.append(os.path.basename(path))
        return found
