#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scale.sh -- what a conprofd with a large data directory, $STORE, takes to start, to answer and to drop
# a day. Prints figures; run by `make store-scale`.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

store=${STORE:?}
now() { date +%s%3N; }
resident() { sed -n 's/VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"; }

starts() { # HOW OPTIONS...
	how=$1
	shift
	before=$(now)
	begin "$@"
	say "$how: $(($(now) - before)) ms, $(resident) KiB"
}

asks() { # WHAT PATH
	before=$(now)
	get "$2"
	say "$1: status $status, $(wc -c <"$dir/answer") bytes, $(($(now) - before)) ms, $(resident) KiB"
}

drop_caches() {
	sync
	echo 1 2>/dev/null >/proc/sys/vm/drop_caches || note "the files stay in memory"
}

starts "the first start" big --data "$store" --retention 0
say "$(du -sh "$store" | cut -f 1), $(metric store_profiles) profiles"
end
starts "start after a clean end" big --data "$store" --retention 0
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null || :
starts "start after kill -9" big --data "$store" --retention 0
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null || :
drop_caches
starts "the same with nothing cached" big --data "$store" --retention 0

always='from=2000-01-01T00:00:00&to=now'
hour="from=$(date -u -d '-36 hours' +%Y-%m-%dT%H:%M:%S)&to=$(date -u -d '-35 hours' +%Y-%m-%dT%H:%M:%S)"
asks "services" /api/0/services
asks "types" /api/0/types
asks "label names" /api/0/labels
asks "ten of a service" "/api/0/profiles?service=service3&$always&limit=10"
asks "the same once more" "/api/0/profiles?service=service3&$always&limit=10"
asks "ten of a host" "/api/0/profiles?service=service3&$always&labels=host%3Dh7&limit=10"
asks "an hour of a service" "/api/0/profiles?service=service3&$hour"
asks "all of a service" "/api/0/profiles?service=service3&$always"
asks "metrics" /metrics
end

# The oldest day goes, beside a client that asks for its profiles.
before_kib=$(du -sk "$store" | cut -f 1)
oldest=$(basename "$(find "$store" -maxdepth 1 -name '2*' | sort | head -n 1)")
age_h=$((($(date -u +%s) - $(date -u -d "$oldest" +%s)) / 3600 - 24))
note "the oldest day ended $age_h hours ago"
begin big --data "$store" --retention "${age_h}h"
before=$(now)
until_true 60 sh -c "[ ! -e '$store/$oldest' ]" || fail "$oldest is still there"
say "the day $oldest is gone $(($(now) - before)) ms after the start," \
	"$(((before_kib - $(du -sk "$store" | cut -f 1)) / 1024)) MiB are free again"
asks "ten of a service without it" "/api/0/profiles?service=service3&$always&limit=10"
end
