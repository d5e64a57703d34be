#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# namespaces.sh -- unshare, setpriv, nsenter, chroot, bwrap, timeout: what they start is what was asked.
#
# fleet: unshare, nsenter, setpriv, bwrap, chroot, prlimit, timeout, flock, setsid
# names: object 20 python3
# packages: util-linux bubblewrap coreutils python3
# shellcheck disable=SC2016,SC2086 # words for other shells; options are several words
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

# try NAME COMMAND...: what it prints, and its status.
try() {
	echo "== $1"
	shift
	got=0
	"$under" "$@" 2>&1 || got=$?
	echo "status $got"
}

# where the library is
home=${FLEET_UNDER%/*}

# A process that has the library's thread does what these tools do: first it uses time.
cat >late.py <<'END'
import ctypes
import os
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
FLAGS = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "net": 0x40000000, "ipc": 0x8000000,
         "uts": 0x4000000, "fs": 0x200, "files": 0x400, "sysvsem": 0x40000, "time": 0x80, "cgroup": 0x2000000}
end = time.process_time() + 0.25
while time.process_time() < end:
    pass
for name in sys.argv[1:]:
    failed = libc.unshare(FLAGS[name])
    print("unshare", name, os.strerror(ctypes.get_errno()) if failed else "done")
end = time.process_time() + 0.15
while time.process_time() < end:
    pass
pid = os.fork()
if pid == 0:
    print("child", os.getpid() if "pid" in sys.argv else "runs", flush=True)
    os._exit(3)
print("child ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print("id", os.getuid())
END
for what in user mount pid net ipc uts fs files sysvsem time cgroup "user mount" "user pid"; do
	try "late unshare $what" /usr/bin/python3 -u late.py $what
done
as_user "$under" /usr/bin/python3 -u late.py user mount pid net ipc uts 2>&1 || echo "status $?"

cat >setns.py <<'END'
import ctypes
import os
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
end = time.process_time() + 0.25
while time.process_time() < end:
    pass
for name in sys.argv[1:]:
    fd = os.open("/proc/%d/ns/%s" % (os.getppid(), name), os.O_RDONLY)
    failed = libc.setns(fd, 0)
    print("setns", name, os.strerror(ctypes.get_errno()) if failed else "done")
END
try "late setns" /usr/bin/python3 -u setns.py mnt net ipc uts pid user

for how in -U -Ur -Urm -Urmp "-Urmp --fork" "-Urmpf --mount-proc" -Urn -Uri -m -p -n -u -C -T; do
	try "unshare $how" unshare $how id -u
done
for how in -U -Ur -Urm "-Urmpf --mount-proc" -p; do
	try "unshare $how, long" unshare $how /usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
done
try "processes of a namespace" unshare -Urmpf --mount-proc sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; set -- /proc/[0-9]*; echo $#; echo $$'
try "unshare as a user" setpriv --reuid $user --regid nogroup --clear-groups unshare -Ur sh -c 'id -u; cat /proc/self/setgroups'
try "setpriv" setpriv --reuid $user --regid nogroup --clear-groups --bounding-set -all --inh-caps -all \
	grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp):' /proc/self/status
try "setpriv no new privileges" setpriv --no-new-privs --reuid $user --regid nogroup --init-groups \
	/usr/bin/python3 -c 'print(sum(i * i for i in range(2500000))); print(open("/proc/self/status").read().split("NoNewPrivs:")[1][:3])'
try "setpriv dump" setpriv --dump
try "bwrap" bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc sh -c 'id -u; set -- /proc/[0-9]*; echo $#'
try "bwrap long" bwrap --unshare-all --share-net --ro-bind / / --dev /dev --proc /proc --die-with-parent \
	/usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
try "bwrap as a user" setpriv --reuid $user --regid nogroup --clear-groups bwrap --unshare-all --ro-bind / / \
	--dev /dev --proc /proc /usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
try "bwrap bare root" bwrap --unshare-all --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
	--symlink usr/bin /bin --tmpfs /tmp --ro-bind "$home" "$home" --proc /proc sh -c 'ls /; echo $((1 + 1))'
try "chroot" chroot / id -u
try "nsenter" nsenter -t $$ -m -n -i -u -p id -u
try "nsenter long" nsenter -t $$ -m -n /usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
try "timeout" timeout 0.5 sh -c 'while :; do :; done'
try "timeout kill" timeout -s KILL 0.5 /usr/bin/python3 -c 'while True: pass'
try "timeout foreground" timeout --foreground -k 1 0.3 sh -c 'trap "echo asked; exit 9" TERM; while :; do :; done'
try "prlimit descriptors" prlimit --nofile=10 /usr/bin/python3 -c 'import os
print(sum(i * i for i in range(2500000)), [os.open("/dev/null", 0) for _ in range(5)])'
try "prlimit processes" setpriv --reuid $user --regid nogroup --clear-groups prlimit --nproc=1 \
	/usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
try "prlimit files" prlimit --fsize=100000 /usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
try "prlimit time" prlimit --cpu=1 sh -c 'while :; do :; done'
try "flock" flock lock /usr/bin/python3 -c 'print(sum(i * i for i in range(2500000)))'
try "flock again" flock -n lock true
try "setsid" setsid -w sh -c 'exit 5'
try "nice" nice -n 5 nice
try "chrt" sh -c 'chrt -b -p 0 $$; chrt -p $$ | sed s/[0-9]*.s//'
try "taskset" taskset -c 0 /usr/bin/python3 -c 'import os
print(sum(i * i for i in range(2500000)), os.sched_getaffinity(0))'
try "stdbuf" stdbuf -o0 sh -c 'echo a; echo b'
try "env" env -i sh -c 'echo here'
rm -f lock
