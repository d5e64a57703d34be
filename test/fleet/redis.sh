#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# redis.sh -- redis-server as a daemon: load while it forks to save, reload, restart from the dump.
#
# fleet: SET, GET, INCR under BGSAVE and AOF rewrites, DEBUG RELOAD, daemonize, restart, SIGTERM
# packages: redis-server redis-tools
# names: object 50 redis-(server|check-rdb)
# names: function 50 ^main$
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

port=$(free_port)
ask() { redis-cli -p "$port" "$@"; }
answers() { [ "$(ask ping)" = PONG ]; }

start() {
	status "start $1" "$under" redis-server --port "$port" --bind 127.0.0.1 --daemonize yes \
		--pidfile "$PWD/pid" --logfile "$PWD/log" --dir "$PWD" --save '' --appendonly yes \
		--enable-debug-command yes --rdbcompression yes
	until_true 20 answers || echo "does not answer"
	pid=$(cat pid)
}

is_saved() { ask info persistence | tr -d '\r' | grep -q '^rdb_bgsave_in_progress:0'; }
is_rewritten() { ask info persistence | tr -d '\r' | grep -q '^aof_rewrite_in_progress:0'; }
outcome() { ask info persistence | tr -d '\r' | grep -E '^(rdb_last_bgsave|aof_last_bgrewrite|aof_last_write)_status'; }

# The keys are the same ones in each run, written one by one as requests.
requests() { awk 'BEGIN { for (i = 0; i < 20000; i++) printf "SET key:%d value-%d\nINCR counter\nRPUSH list:%d %d\n", i % 5000, i, i % 50, i }'; }

start first
redis-benchmark -p "$port" -q --csv -n 150000 -r 10000 -P 8 -t set,get,lpush,zadd >benchmark &
load=$!
for round in 1 2 3 4; do
	status "bgsave $round" ask bgsave
	until_true 20 is_saved || echo "the save does not end"
	status "bgrewriteaof $round" ask bgrewriteaof
	until_true 20 is_rewritten || echo "the rewrite does not end"
done
outcome
wait "$load"
rate "$(awk -F '"' '$2 != "test" { s += 1 / $4; n++ } END { print n / s }' benchmark)"
ask flushall
requests | ask --pipe | tail -n 1
ask dbsize
digest=$(ask debug digest)
echo "digest $digest"
ask debug reload
echo "digest after a reload $(ask debug digest)"
ask config set appendonly no
status bgsave ask bgsave
until_true 20 is_saved || echo "the save does not end"
status shutdown ask shutdown save
until_true 20 gone "$pid" || echo "does not shut down"
mv log log.1
rm -rf appendonlydir
start second
ask dbsize
kill -TERM "$pid"
until_true 20 gone "$pid" || echo "does not end at SIGTERM"
# What it logged, without who and when; how often it saved for itself is a matter of time.
cat log.1 log | sed -E 's/^[0-9]+:([A-Z]) .* ([*#.-]) /\1 \2 /; s/[0-9.]+ (seconds|MB)/N \1/; s/pid [0-9]+/pid N/; s/pid=[0-9]+/pid=N/' |
	grep -v -E 'Fork CoW|changes in|memory usage|fork|RDB age|Memory overcommit|keys loaded' |
	sed -E 's/[0-9]+/N/g' | sort -u
