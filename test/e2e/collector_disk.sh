#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_disk.sh -- a disk that is full: uploads are refused, nothing is lost, and when there is
# room again they are taken again.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

mkdir "$dir/disk"
if ! mount -t tmpfs -o size=6m none "$dir/disk" 2>/dev/null; then
	note "no small disk without the right to mount"
	exit 0
fi
trap 'end_children; umount -l "$dir/disk"' EXIT

begin full --data "$dir/disk/data"
same "status of readiness" "$(curl -s -o /dev/null -w '%{http_code}' "$url/readyz")" 200
: >"$dir/acknowledged"
head -c 3000000 /dev/zero >"$dir/disk/ballast"
python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/acknowledged" 0 4 3000 >"$dir/load"
taken=$(cut -d ' ' -f 1 "$dir/load")
between "uploads before the disk was full" "$taken" 1 2999
grep -q 'uploads cannot be stored now, and are refused: No space left' "$log" || fail "nothing in the log: $(tail -n 2 "$log")"
matches "refused uploads" "$(cut -d ' ' -f 2- "$dir/load")" '^507:[0-9]+$'
same "status of readiness on a full disk" \
	"$(curl -s -o /dev/null -w '%{http_code}' "$url/readyz")" 507
count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$dir/acknowledged") || fail "$count"
same "profiles on a full disk" "$count" "$taken"
rm "$dir/disk/ballast"
python3 test/e2e/load.py upload "127.0.0.1:$port" "$dir/acknowledged" 100000 4 50 >"$dir/load"
same "uploads when there is room again" "$(cat "$dir/load")" "50 "
end
begin full --data "$dir/disk/data"
count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$dir/acknowledged") || fail "$count"
same "profiles after all" "$count" $((taken + 50))
same "damaged profiles" "$(metric store_damaged_total)" 0
end
say "a full disk refuses with 507, loses nothing of $count, and recovers by itself"
