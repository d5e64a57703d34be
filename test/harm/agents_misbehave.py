# SPDX-License-Identifier: Apache-2.0
# agents_misbehave.py -- answers that are garbage, endless, slow, redirects or refusals, from seven
# agents of one program at once.
#
# harm: data
# level: P1
import os
import subprocess
import sys

AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e/agent.py")
MODES = ("garbage", "huge", "slow", "status=302", "retry-after=1", "continue-never", "status=500")

plain = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
agents = [subprocess.Popen([sys.executable, AGENT, "tcp:127.0.0.1:0", "--mode", mode,
                            "--log", "/dev/null"],
                           env=plain, stdout=subprocess.PIPE, text=True) for mode in MODES]
urls = [agent.stdout.readline().strip() for agent in agents]
env = dict(os.environ, CONPROF_URL=",".join(urls))
print(subprocess.run([os.environ["HARM_BIN"] + "/burns", "2.5"], env=env, check=False).returncode)
for agent in agents:
    agent.kill()
    agent.wait()
