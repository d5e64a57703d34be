#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""client.py -- lets a profiler of others upload to a conprofd, and shows what arrived.

    client.py CONPROFD COMMAND...

runs COMMAND, a program with the profiler in it, with {url}, {address} (host:port) and {socket} (a
path) in its words replaced by where the conprofd listens that was started for it. Then each type of
each service is listed, with its number of profiles and the labels of the first, and read by
`go tool pprof`, which has to find samples. It needs go, and whatever COMMAND needs; nothing but
this machine is talked to. Exit status 1: nothing arrived, something was refused, or pprof did not
read it."""
import atexit
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

SINCE = "from=now-1h&to=now"


class Collector:
    """A conprofd with its data in directory."""

    def __init__(self, program, directory):
        self.socket = directory + "/socket"
        self.log = directory + "/log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "--listen", "unix://%s,127.0.0.1:0" % self.socket, "--data",
                 directory + "/data"], stderr=log)
        atexit.register(self.process.kill)
        for _ in range(100):
            with open(self.log) as log:
                text = log.read()
            if "keeping profiles" in text:
                break
            time.sleep(0.1)
        else:
            raise SystemExit("FAILED: conprofd does not start: " + text)
        self.address = re.search(r"listening on (127\.0\.0\.1:\d+)$", text, re.M).group(1)

    def get(self, path):
        with urllib.request.urlopen("http://%s%s" % (self.address, path)) as answer:
            return answer.read()

    def body(self, path):
        """What is in the envelope; nothing when nothing is found."""
        try:
            return json.loads(self.get(path))["body"]
        except urllib.error.HTTPError:
            return []

    def figures(self):
        lines = self.get("/metrics").decode().split("\n")
        return {key: int(value) for key, value in (line.split() for line in lines
                                                   if line and line[0] != "#")}

    def end(self):
        self.process.terminate()
        return self.process.wait()


def kept(profiles, kind):
    return [profile for profile in profiles if profile["type"] == kind]


def read_back(collector, service, kind):
    """The number of samples that google/pprof finds in all profiles of a type, merged."""
    url = "http://%s/api/0/profiles/merge?service=%s&type=%s&%s" % (
        collector.address, urllib.parse.quote(service, safe=""), kind, SINCE)
    with tempfile.TemporaryDirectory() as directory:
        tool = subprocess.run(["go", "tool", "pprof", "-symbolize=none", "-raw", url], text=True,
                              env={**os.environ, "PPROF_TMPDIR": directory}, capture_output=True)
    if tool.returncode:
        print("      pprof: " + tool.stderr.strip().split("\n")[-1])
        return 0
    samples = tool.stdout.split("\nSamples:\n")[1].split("\nLocations\n")[0]
    return len(re.findall(r"^ *-?\d[-\d ]*:", samples, re.M))


def show(collector):
    """True when pprof reads all that is there, and something is."""
    services = collector.body("/api/0/services")
    good = bool(services)
    for service in services:
        query = "service=%s&%s" % (urllib.parse.quote(service, safe=""), SINCE)
        profiles = collector.body("/api/0/profiles?" + query)
        print("service " + service)
        for kind in sorted({profile["type"] for profile in profiles}):
            found = kept(profiles, kind)
            samples = read_back(collector, service, kind) if kind != "trace" else len(found)
            good = good and samples > 0
            labels = ["%s=%s" % (pair["key"], pair["value"]) for pair in found[0].get("labels", [])]
            print("  %-12s %d profiles, %d samples; %s" % (kind, len(found), samples, ", ".join(labels)))
    return good


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as directory:
        collector = Collector(sys.argv[1], directory)
        places = {"url": "http://" + collector.address, "address": collector.address,
                  "socket": collector.socket}
        words = [re.sub(r"\{(url|address|socket)\}", lambda m: places[m.group(1)], word)
                 for word in sys.argv[2:]]
        status = subprocess.run(words).returncode
        good = show(collector)
        figures = collector.figures()
        wrong = {name: figures["conprofd_%s_total" % name]
                 for name in ("uploads_malformed", "uploads_failed", "overloads", "too_large")
                 if figures["conprofd_%s_total" % name]}
        print("%d profiles were taken; refused: %s; exit status of the client: %d"
              % (figures["conprofd_uploads_taken_total"], wrong or "none", status))
        ended = collector.end()
    return 0 if good and not wrong and not ended else 1


sys.exit(main())
