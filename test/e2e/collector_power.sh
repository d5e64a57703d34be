#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_power.sh -- the power fails under load: what the file system had not been told to keep is
# gone, and what conprofd has acknowledged is there. ROUNDS=20 for more than those of `make check`.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc

PATH=$PATH:/sbin:/usr/sbin
disk=$dir/mount
mkdir "$disk"
truncate -s 300M "$dir/image"
if ! mkfs.ext4 -q "$dir/image" 2>/dev/null || ! mount -o loop "$dir/image" "$disk" 2>/dev/null; then
	note "no loop device to take the power from"
	exit 0
fi
trap 'end_children; umount -l "$disk" 2>/dev/null || :' EXIT

# FS_IOC_SHUTDOWN without flushing even the journal: from here on nothing reaches the image.
power_off() {
	python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))' "$disk"
}

rounds=${ROUNDS:-3}
acknowledged=$dir/acknowledged
: >"$acknowledged"
round=0
while [ "$round" -lt "$rounds" ]; do
	begin power --data "$disk/data" --compact-after 0
	python3 test/e2e/load.py upload "127.0.0.1:$port" "$acknowledged" "$((round * 100000))" 8 100000 \
		>"$dir/load.out" &
	load=$!
	remember "$load"
	wanted=$(($(wc -l <"$acknowledged") + 40 + 31 * (round % 7)))
	until_true 60 sh -c "[ \$(wc -l <'$acknowledged') -ge $wanted ]" || fail "uploads stand still"
	# Whatever is acknowledged from now on is not looked at: the answer may be older than the disk.
	cp "$acknowledged" "$dir/before"
	power_off || fail "the power stays on"
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null || :
	wait "$load" || fail "the load failed"
	cp "$dir/before" "$acknowledged"
	umount "$disk"
	mount -o loop "$dir/image" "$disk"
	round=$((round + 1))
done
begin power --data "$disk/data"
count=$(python3 test/e2e/load.py verify "127.0.0.1:$port" "$acknowledged") || fail "$count"
same "profiles that are still there" "$count" "$(wc -l <"$acknowledged")"
same "damaged profiles" "$(metric store_damaged_total)" 0
end
"$conprofd" check "$disk/data" >"$dir/check" || fail "conprofd check: $(cat "$dir/check")"
say "the power failed $rounds times under load: all $count acknowledged profiles are there"
