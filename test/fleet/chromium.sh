#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# chromium.sh -- a browser of many processes in sandboxes of namespaces and system call filters.
#
# fleet: headless with its sandbox, as a user: scripts, workers, WebAssembly, a frame, a picture
# packages: chromium
# names: object 40 chromium/chromium
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

[ "$(id -u)" = 0 ] || skip "this becomes another user, which needs root"
chown $user . tmp
mkdir home
chown $user home
cat >frame.html <<'END'
<!doctype html><p id=inner>inner</p><script>document.getElementById("inner").textContent = "frame " + (6 * 7)</script>
END
cat >page.html <<'END'
<!doctype html><title>page</title><canvas id=c width=50 height=50></canvas>
<iframe src=frame.html sandbox=allow-scripts></iframe><ul id=list></ul>
<script>
const say = (t) => { const li = document.createElement("li"); li.textContent = t; document.getElementById("list").append(li); };
let s = 0;
for (let i = 0; i < 2e7; i++) s = (s * 31 + i) % 1000003;
say("sum " + s);
let caught = 0;
const down = () => down();
for (let n = 0; n < 20; n++) try { down(); } catch (e) { caught++; }
say("deep " + caught);
const m = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11]));
const f = new WebAssembly.Instance(m).exports.f;
let traps = 0;
for (let n = 0; n < 5000; n++) try { f(n % 2 ? 8 : 0x7fffffff); } catch (e) { traps++; }
say("traps " + traps);
const g = document.getElementById("c").getContext("2d");
g.fillStyle = "#123456"; g.fillRect(0, 0, 50, 50);
say("pixel " + g.getImageData(10, 10, 1, 1).data.join(","));
const w = new Worker(URL.createObjectURL(new Blob(["let s = 0; for (let i = 0; i < 1e7; i++) s = (s * 17 + i) % 999983; postMessage(s)"])));
w.onmessage = (e) => say("worker " + e.data);
</script>
END
browse() {
	got=0
	as_user env HOME="$PWD/home" "$under" chromium --headless --disable-gpu --no-first-run --password-store=basic \
		--user-data-dir="$PWD/home/$1" --disable-breakpad --disable-dev-shm-usage --virtual-time-budget=20000 \
		--timeout=60000 "$2" "file://$PWD/page.html" >"tmp/$1" 2>>"$FLEET_ASIDE/browser" || got=$?
	echo "$1: status $got"
}
started=$(date +%s.%N)
for round in 1 2; do
	browse $round --dump-dom
	cat tmp/$round
done
browse picture --screenshot="$PWD/tmp/picture.png"
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
md5sum <tmp/picture.png
# What it complains of: there is no bus and no display here, with and without.
grep -o -i -E 'sandbox|SIGSYS|crash|fatal|check failed|trap' "$FLEET_ASIDE/browser" | sort -u || :
rm -rf home tmp/*
