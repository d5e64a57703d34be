#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_defaults.sh -- conprofd and a program under the library find each other without an option,
# also when the program is somebody else's; and systemd is told how far it is.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

# ---- systemd ---------------------------------------------------------------------------------------

python3 - "$dir/notify" >"$dir/states" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
for _ in range(2):
    print(s.recv(100).decode(), flush=True)
END
listener=$!
remember "$listener"
until_true 5 test -S "$dir/notify"
NOTIFY_SOCKET=$dir/notify
export NOTIFY_SOCKET
begin data
unset NOTIFY_SOCKET
end
wait "$listener"
same "what systemd is told" "$(tr '\n' ' ' <"$dir/states")" "READY=1 STOPPING=1 "
say "systemd is told of the beginning and the end"

# ---- no option at all ------------------------------------------------------------------------------

cat >"$dir/inside.sh" <<'END'
set -eu
ip link set lo up
mount -t tmpfs none /var/lib
mount -t tmpfs none /run
"$conprofd" 2>"$dir/log" &
daemon=$!
tries=200
until grep -q 'keeping profiles in /var/lib/conprofd' "$dir/log"; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || exit 1
	sleep 0.05
done
cp "$library" /run/library.so
cp "$fixture/burn" /run/burn
chmod 755 /run/library.so /run/burn
setpriv --reuid 65534 --regid 65534 --clear-groups env CONPROF_PERIOD=1 LD_PRELOAD=/run/library.so \
	/run/burn one 3500 >"$dir/burn"
curl -s http://127.0.0.1:10100/api/0/services >"$dir/services"
kill "$daemon"
wait "$daemon"
END
export conprofd dir library fixture
if unshare -mn true 2>/dev/null; then
	unshare -mn sh "$dir/inside.sh" || fail "without options: $(tail -n 1 "$dir/log")"
	same "services" "$(cat "$dir/services")" '{"code":200,"body":["burn"]}'
	say "without an option, what another user's program sends arrives"
else
	note "no namespace to try the default addresses in"
fi

# ---- an unprivileged one says in one line what it misses -------------------------------------------

if [ "$(id -u)" = 0 ]; then
	cp "$conprofd" "$dir/binary"
	status=0
	(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/binary" --data /proc/1/x \
		--listen unix:///proc/x/agent.sock,127.0.0.1:0) 2>"$dir/err" || status=$?
	if [ "$status" = 126 ] || [ "$status" = 127 ]; then
		note "user 65534 may not enter this directory"
	else
		same "exit status" "$status" 1
		matches "the socket's line" "$(head -n 1 "$dir/err")" 'cannot listen on unix://.*set --listen and the programs. CONPROF_URL'
		matches "the directory's line" "$(tail -n 1 "$dir/err")" 'cannot use /proc/1/x: .*; set --data$'
		say "what an unprivileged one may not have it says, with what to set"
	fi
fi
