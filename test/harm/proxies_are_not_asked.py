# SPDX-License-Identifier: Apache-2.0
# proxies_are_not_asked.py -- with http_proxy and its like set, the proxy hears of nothing but the
# program itself.
#
# harm: data
# level: P0
import os
import socket
import subprocess
import threading

asked = []
proxy = socket.socket()
proxy.bind(("127.0.0.1", 0))
proxy.listen(16)


def serve():
    while True:
        peer = proxy.accept()[0]
        peer.settimeout(2)
        asked.append(peer.recv(100).split(b"\r\n")[0])
        peer.close()


threading.Thread(target=serve, daemon=True).start()
url = "http://127.0.0.1:%d" % proxy.getsockname()[1]
env = dict(os.environ, no_proxy="", NO_PROXY="")
for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    env[name] = url
# The URL of the run is that of an agent; one more that is plainly HTTP.
env["CONPROF_URL"] = os.environ.get("CONPROF_URL", "tcp://127.0.0.1:1") + ",http://127.0.0.1:1/x"
status = subprocess.run([os.environ["HARM_BIN"] + "/burns", "1.3"], env=env, check=False)
with socket.create_connection(proxy.getsockname()) as own:
    own.sendall(b"GET of-the-program HTTP/1.0\r\n\r\n")
    own.recv(1)
print(status.returncode, asked)
