#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# redis.sh -- what a database holds, against what it says itself, full and half empty: REDIS_KEYS=1000000
# for more of it.
. test/e2e/prelude.inc

have redis-server || {
	note "redis is not there"
	exit 0
}
keys=${REDIS_KEYS:-300000}
# half of them are more than four standard deviations away from it
percent=9
[ "$keys" -lt 1000000 ] || percent=5
socket=$dir/redis.socket

# commands FROM STEP FORMAT: one for each STEPth key.
commands() {
	awk -v from="$1" -v step="$2" -v most="$keys" -v format="$3" 'BEGIN {
		value = sprintf("%1018s", "")
		gsub(" ", "v", value)
		for (i = from; i < most; i += step)
			printf format, i, value
	}'
}

held() { redis-cli -s "$socket" info memory | tr -d '\r' | sed -n 's/^used_memory://p'; }

# A profile of a whole period with nothing but this state in it.
wait_for_profile() {
	now=$(find "$dir/redis" -name '*.pb.gz' | wc -l)
	until_true 20 more_profiles_than $((now + 1)) || fail "no more profiles"
	newest=$(find "$dir/redis" -name '*.pb.gz' | sort | tail -n 1)
	rm -rf "${dir:?}/$1"
	mkdir "$dir/$1"
	cp "$newest" "$dir/$1/"
}

more_profiles_than() { [ "$(find "$dir/redis" -name '*.pb.gz' | wc -l)" -gt "$1" ]; }

# The sizes that redis adds up are those that its allocator rounds to: a hundredth more here.
# compare STATE KEYS
compare() {
	wait_for_profile "$1"
	alive=$(figure "$1" inuse_space .)
	said=$(held)
	near "live bytes, $1" "$alive" "$said" "$percent"
	# where redis takes the words of a command that is a line of text: the values, 1018 bytes each
	near "what the words of commands hold, $1" "$(figure "$1" inuse_space '^sdssplitargs$')" \
		$(($2 * 1024)) "$percent"
	say "$1: $alive live bytes, $said as redis says: $(off "$alive" "$said")"
}

export CONPROF_TYPES=heap CONPROF_HEAP_INTERVAL=64K CONPROF_PERIOD=1s
mkdir "$dir/redis"
CONPROF_URL=file://$dir/redis LD_PRELOAD=$library redis-server --port 0 --unixsocket "$socket" \
	--save '' --appendonly no --dir "$dir" --daemonize no >"$dir/redis.out" 2>"$dir/redis.err" &
remember $!
until_true 20 redis-cli -s "$socket" ping || fail "redis does not start"
commands 0 1 'SET key:%010d %s\n' | redis-cli -s "$socket" --pipe >"$dir/pipe.out"
same "keys" "$(redis-cli -s "$socket" dbsize)" "$keys"
compare full "$keys"
commands 0 2 'DEL key:%010d\n' | redis-cli -s "$socket" --pipe >"$dir/pipe.out"
same "keys left" "$(redis-cli -s "$socket" dbsize)" $((keys / 2))
compare half $((keys / 2))
redis-cli -s "$socket" shutdown nosave >/dev/null
wait
is_silent redis
