#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_end.sh -- conprofd ends well under load, survives ends in the middle of its start, and says
# what it misses: descriptors, a directory it may write to.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc
acknowledged=$dir/acknowledged
: >"$acknowledged"

# load SEED: uploads that go on until the server is gone. Sets $load.
load() {
	wanted=$(($(wc -l <"$acknowledged") + 100))
	python3 test/e2e/load.py upload "127.0.0.1:$port" "$acknowledged" "$1" 8 100000 >"$dir/load.out" &
	load=$!
	remember "$load"
	until_true 60 sh -c "[ \$(wc -l <'$acknowledged') -ge $wanted ]" || fail "uploads stand still"
}

verify() {
	count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$acknowledged") || fail "$count"
	same "profiles that are still there" "$count" "$(wc -l <"$acknowledged")"
}

# ---- SIGTERM under load ----------------------------------------------------------------------------

begin data --compact-after 0
load 100000
end
wait "$load" || fail "the load failed"
begin data --compact-after 0
verify
load 200000
# A client in the middle of its upload, and one that never reads, keep nobody waiting for ever.
python3 test/e2e/hostile.py slow "127.0.0.1:$port" 10 30 >"$dir/slow" 2>&1 &
slow=$!
remember "$slow"
until_true 20 grep -q connected "$dir/slow"
kill -TERM "$daemon"
kill -TERM "$daemon"
kill -INT "$daemon" 2>/dev/null || :
until_true 30 sh -c "! kill -0 $daemon 2>/dev/null || grep -q State:.Z /proc/$daemon/status" ||
	fail "it does not end beside slow clients"
status=0
wait "$daemon" || status=$?
same "exit status after several signals" "$status" 0
wait "$load" || fail "the load failed"
wait "$slow" || fail "the slow clients failed: $(tail -n 1 "$dir/slow")"
[ ! -e "$socket" ] || fail "the socket is left behind"
say "SIGTERM under load: all that was acknowledged is there"

# ---- SIGKILL while it starts -----------------------------------------------------------------------

round=0
while [ $round -lt "${ROUNDS:-10}" ]; do
	"$conprofd" --listen "unix://$dir/data.sock,127.0.0.1:0" --data "$dir/data" 2>/dev/null &
	killed=$!
	remember "$killed"
	sleep "0.0$((round % 10))"
	kill -KILL "$killed"
	wait "$killed" 2>/dev/null || :
	round=$((round + 1))
done
begin data --compact-after 0
verify
same "damaged profiles" "$(metric store_damaged_total)" 0
end
"$conprofd" check "$dir/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
say "killed $round times while it started, it starts"

# ---- few descriptors -------------------------------------------------------------------------------

if have prlimit; then
	printf '#!/bin/sh\nexec prlimit --nofile=64:64 %s "$@"\n' "$conprofd" >"$dir/few"
	chmod +x "$dir/few"
	all=$conprofd
	conprofd=$dir/few
	begin data --compact-after 0 --request-timeout 1
	conprofd=$all
	grep -q 'at most 16 connections, as there are 64 descriptors' "$log" ||
		fail "nothing is said of few descriptors: $(cat "$log")"
	python3 test/e2e/hostile.py slow "127.0.0.1:$port" 24 60 >"$dir/slow" 2>&1 ||
		fail "slow clients: $(tail -n 1 "$dir/slow")"
	verify
	end
	say "with 64 descriptors and 24 slow clients it goes on"
fi

# ---- directories that cannot be written ------------------------------------------------------------

if [ "$(id -u)" = 0 ] && mkdir "$dir/frozen" && mount -t tmpfs none "$dir/frozen" 2>/dev/null; then
	trap 'end_children; umount -l "$dir/frozen"' EXIT
	begin frozen --data "$dir/frozen/data" --compact-after 0
	: >"$dir/frozen.acknowledged"
	python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/frozen.acknowledged" 0 2 50 >"$dir/load.out"
	end
	mount -o remount,ro "$dir/frozen"
	status=0
	"$conprofd" --listen 127.0.0.1:0 --data "$dir/frozen/data" 2>"$dir/err" || status=$?
	same "exit status on a read-only disk" "$status" 1
	matches "the reason" "$(cat "$dir/err")" 'cannot use .*/data: Read-only file system; set --data$'
	mount -o remount,rw "$dir/frozen"
	begin frozen --data "$dir/frozen/data" --compact-after 0
	count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$dir/frozen.acknowledged") || fail "$count"
	same "profiles that are there again" "$count" 50
	end
	say "a read-only disk is said, and nothing is lost"
else
	note "no disk to make read-only without the right to mount"
fi
