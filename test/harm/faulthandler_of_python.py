# SPDX-License-Identifier: Apache-2.0
# faulthandler_of_python.py -- python's reports of fatal signals and of timeouts are as ever.
#
# harm: life
# level: P1
import re
import signal
import subprocess
import sys

BURN = "import time\nend = time.thread_time() + 0.12\nwhile time.thread_time() < end: pass\n"
CRASHES = {
    "segmentation fault": "faulthandler._sigsegv()",
    "abort": "faulthandler._sigabrt()",
    "in a thread": "faulthandler._fatal_error_c_thread()",
    "by a signal": "import os; faulthandler.register(10); os.kill(os.getpid(), 10)",
    "late": "faulthandler.dump_traceback_later(0.05)\n" + BURN,
}


def crash(code):
    lines = "import faulthandler\nfaulthandler.enable()\n" + BURN + code
    ended = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True)
    report = re.sub(r"0x[0-9a-f]+", "ADDRESS", ended.stderr)
    return ended.returncode, re.sub(r"(line) \d+", r"\1 N", report)


for what, code in CRASHES.items():
    print(what, *crash(code), signal.getsignal(signal.SIGSEGV))
