# SPDX-License-Identifier: Apache-2.0
"""servers.py -- the two servers that are asked, and how one is asked: byte by byte, for half of the
requests are such as no HTTP client would send."""
import atexit
import http.client
import json
import os
import re
import socket
import subprocess
import time

import requests


class Answer:
    """What came back."""

    def __init__(self, status, headers=None, body=b""):
        self.status = status
        self.headers = headers or {}
        self.body = body


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One that listens on a port of its own and keeps its data in directory."""

    def __init__(self, name, command, directory):
        self.name = name
        self.port = free_port()
        self.ids = {}
        os.makedirs(directory)
        words = [w.format(port=self.port, directory=directory) for w in command]
        with open(directory + ".log", "wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        atexit.register(self.kill)
        for _ in range(100):
            if self.ask("GET", "/api/0/version", b"", {}).status:
                return
            time.sleep(0.1)
        raise SystemExit("FAILED: %s does not start, see %s.log" % (name, directory))

    def end(self):
        self.process.terminate()
        return self.process.wait()

    def kill(self):
        """However the script ends: nothing of it stays."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ask(self, method, target, body, more):
        head = {"Host": "127.0.0.1", "Connection": "close", **more.get("headers", {})}
        if more.get("chunked"):
            head["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif body or method == "POST":
            head["Content-Length"] = str(len(body))
        text = "%s %s HTTP/1.1\r\n" % (method, target)
        text += "".join("%s: %s\r\n" % item for item in head.items()) + "\r\n"
        body = body[:len(body) - more.get("cut", 0)]
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as s:
                s.sendall(text.encode() + body)
                if more.get("cut"):
                    s.shutdown(socket.SHUT_WR)
                answer = http.client.HTTPResponse(s, method=method)
                answer.begin()
                return Answer(answer.status, dict(answer.getheaders()), answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(0)

    def target(self, text):
        """With the ids that this server gave; None when there is one that it did not give."""
        names = re.findall(r"\{([^}]*)\}", text)
        if any(part not in self.ids for name in names for part in name.split("+")):
            return None
        return re.sub(r"\{([^}]*)\}",
                      lambda m: "+".join(self.ids[part] for part in m.group(1).split("+")), text)

    def note_id(self, name, answer):
        try:
            self.ids[name] = json.loads(answer.body)["body"]["id"]
        except (ValueError, KeyError, TypeError):
            pass

    def known(self):
        """By id: the name of the upload that it was given to."""
        return {value: name for name, value in self.ids.items()}


def both(one, two, request):
    """The answers of both, or None when one cannot be asked this."""
    name, method, target, body, more = request
    targets = [server.target(target) for server in (one, two)]
    if None in targets:
        return None
    answers = [server.ask(method, text, body, more) for server, text in zip((one, two), targets)]
    if "keep" in more:
        for server, answer in zip((one, two), answers):
            server.note_id(name, answer)
    return answers


def everything(which):
    return list(getattr(requests, which)())
