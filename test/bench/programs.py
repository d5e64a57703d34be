# SPDX-License-Identifier: Apache-2.0
"""What sampling costs programs that allocate much and that nobody here wrote."""
import csv
import os
import shutil
import subprocess
import time

REQUESTS = 300000
SQL = """CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, value REAL);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
INSERT INTO t SELECT i, 'name ' || (i * 7919 % 100003), i * 0.5 FROM n;
CREATE INDEX names ON t (name);
SELECT count(*), sum(length(s)) FROM
    (SELECT group_concat(name) AS s FROM t GROUP BY id / 100 ORDER BY max(name));
"""
PYTHON = """
import json
for turn in range(6):
    text = json.dumps([{"id": i, "name": "name %d" % i, "list": list(range(i % 20))}
                       for i in range(40000)])
    assert len(json.loads(text)) == 40000
"""
CXX = """
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
int main(int argc, char **argv)
{
	std::map<std::string, std::regex> all;
	for (int i = 1; i < argc; i++)
		all.emplace(argv[i], std::regex(argv[i]));
	for (auto &one : all)
		std::cout << one.first << std::regex_match("text", one.second) << std::endl;
}
"""


class Programs:
    """Runs of a program without and with the profiler take turns."""

    def __init__(self, environment, directory):
        self.environment, self.directory = environment, directory

    def cpu_seconds(self, command, text, added):
        """Of the program and its children: what else the machine does matters little to it."""
        with open(os.path.join(self.directory, "input"), "w+") as source:
            source.write(text)
            source.seek(0)
            process = subprocess.Popen(command, env=dict(self.environment, **added), stdin=source,
                                       stdout=subprocess.DEVNULL, cwd=self.directory)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        assert status == 0, command
        return usage.ru_utime + usage.ru_stime

    def commands(self):
        yield "python3, json", ["python3", "-"], PYTHON
        yield "sqlite3, insert, index and select", ["sqlite3", ":memory:"], SQL
        yield "g++ -O1, a C++ file", ["g++", "-O1", "-x", "c++", "-c", "-", "-o", "out.o"], CXX

    def redis(self, added):
        """Of a request: seconds of it all and of the server's CPU, and the milliseconds that 99 of
        100 stay below."""
        path = os.path.join(self.directory, "redis.socket")
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "",
                                   "--appendonly", "no", "--dir", self.directory],
                                  env=dict(self.environment, **added), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        while not os.path.exists(path):
            time.sleep(0.01)
        try:
            done = subprocess.run(["redis-benchmark", "-s", path, "-n", str(REQUESTS), "-r", "100000",
                                   "-d", "100", "-P", "4", "-t", "set", "--csv"],
                                  env=self.environment, text=True, stdout=subprocess.PIPE, check=True)
        finally:
            server.terminate()
            _, status, usage = os.wait4(server.pid, 0)
            server.returncode = status
            if os.path.exists(path):
                os.remove(path)
        row = next(csv.DictReader(done.stdout.splitlines()))
        return (1 / float(row["rps"]), (usage.ru_utime + usage.ru_stime) / REQUESTS,
                float(row["p99_latency_ms"]))

    def figures(self, make, profiled, turns, in_turn):
        """Yields make(what, values, unit, budget)."""
        chosen = [("base", {}), ("heap", profiled(types="heap")),
                  ("cpu and heap", profiled(types="cpu,heap"))]
        for what, command, text in self.commands():
            if not shutil.which(command[0]):
                continue
            runs = {name: [] for name, _ in chosen}
            for turn in range(turns):
                for name, added in in_turn(chosen, turn):
                    runs[name].append(self.cpu_seconds(command, text, added))
            yield from self.compare(make, what, "CPU time", runs, 1)
        if shutil.which("redis-benchmark"):
            runs = {name: [] for name, _ in chosen}
            for turn in range(turns):
                for name, added in in_turn(chosen, turn):
                    runs[name].append(self.redis(added))
            for i, measure in enumerate(("time of a SET", "CPU time of a SET", "p99 of a SET")):
                one = {name: [run[i] for run in all] for name, all in runs.items()}
                yield from self.compare(make, "redis-benchmark", measure, one, None if i else 1)

    @staticmethod
    def compare(make, what, measure, runs, budget):
        """In turns, because a machine is not the same from one minute to the next."""
        for name in runs:
            if name != "base":
                added = [(b / a - 1) * 100 for a, b in zip(runs["base"], runs[name])]
                yield make("%s: %s added, %s" % (what, measure, name), added, "%",
                           budget if name == "heap" else None)
