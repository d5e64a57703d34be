#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# systems.sh -- systems.sh [SUITE|musl ...]: the same library on older and newer systems, as roots.
#
# The roots are made once and kept in build/systems. What is mounted in them is mounted in a
# namespace of our own, which ends with us, however we end.
if [ "${SYSTEMS_INSIDE:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || {
		echo "note: systems: only root may change the root directory"
		exit 0
	}
	SYSTEMS_INSIDE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. test/e2e/prelude.inc

g++ -O2 -g -c test/systems/mixed.cc -o "$dir/mixed.o"
roots=$root/build/systems
mirror=${MIRROR:-http://deb.debian.org/debian}
mkdir -p "$roots"

# The name appears with the last step only, so that a root that is there is whole.
make_root() {
	[ ! -d "$roots/$1" ] || return 0
	rm -rf "$roots/$1.new"
	debootstrap --variant=minbase --include=python3-minimal,perl-base,xz-utils \
		"$1" "$roots/$1.new" "$mirror" >"$roots/$1.log" 2>&1 || return 1
	mv "$roots/$1.new" "$roots/$1"
}

make_musl_root() {
	have musl-gcc || return 1
	mkdir -p "$roots/musl/lib" "$roots/musl/bin"
	cp /usr/lib/x86_64-linux-musl/libc.so "$roots/musl/lib/ld-musl-x86_64.so.1"
	musl-gcc -D_GNU_SOURCE -O2 -g test/systems/plain.c -o "$roots/musl/bin/plain"
}

mount_into() {
	mkdir -p "$1/proc" "$1/dev" "$1/opt" "$1/profiles" "$1/tmp"
	mount -t proc -o ro proc "$1/proc"
	mount --bind /dev "$1/dev"
	mount -o remount,bind,ro "$1/dev"
	cp "$library" "$1/opt/libconprof.so"
}

# The start files are ours, the libraries those of the root, so that it runs on what the root has.
link_mixed() {
	libs=$1/usr/lib/x86_64-linux-gnu
	pthread=
	[ "$(readlink "$libs/libpthread.so.0")" != libpthread-2.31.so ] || pthread=$libs/libpthread.so.0
	# shellcheck disable=SC2086
	g++ -nodefaultlibs -o "$1/opt/mixed" "$dir/mixed.o" "$libs/libstdc++.so.6" \
		"$libs/libgcc_s.so.1" $pthread "$libs/libc.so.6" -Wl,--allow-shlib-undefined
}

# try NAME COMMAND...: the same with the library; its profiles go to $dir/$suite-NAME. One that did
# not come within the time that an exit may take is waited for anew; on a machine that is so busy, a
# period of a second has ended before.
# shellcheck disable=SC2086
try() {
	what=$suite-$1
	shift
	status=0
	chroot "$system" $enter "$@" >"$dir/base" 2>"$dir/base.err" || status=$?
	for attempt in 1 2 3 4 5 6; do
		rm -rf "$system"/profiles/* "${dir:?}/$what"
		mkdir "$dir/$what"
		with=0
		chroot "$system" $enter LD_PRELOAD=/opt/libconprof.so CONPROF_URL=file:///profiles \
			CONPROF_ENGINE="$engine" CONPROF_CPU_RATE=1000 CONPROF_PERIOD=1s "$@" \
			>"$dir/with" 2>"$dir/with.err" || with=$?
		same "$what $engine: the status" "$with" "$status"
		cmp "$dir/base" "$dir/with" || fail "$what $engine: it printed something else"
		cmp "$dir/base.err" "$dir/with.err" || fail "$what $engine: $(head -n 3 "$dir/with.err")"
		cp "$system"/profiles/*.pb.gz "$dir/$what/" 2>/dev/null && return
		note "$what $engine: no profile, attempt $attempt"
	done
}

# named NAME REGEX LEAST: the profiles are well-formed and name what used the time.
named() {
	check_profiles "$suite-$1"
	share=$(figure "$suite-$1" share "$2")
	between "$suite $engine $1: share of $2" "$share" "$3" 100
	say "$suite $engine $1: $(figure "$suite-$1" total) s, $share % of it below $2"
}

# shellcheck disable=SC2016
try_debian() {
	enter='/usr/bin/env -i PATH=/usr/bin:/bin'
	try bash bash -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; echo $i'
	named bash '^(execute_command_internal|expand_word|evalexp|make_child|hash_search|xmalloc)' 1
	# newer xz shuts itself in, so that it is gzip that a profile is sure to come from
	try load sh -c 'seq 1 700000 | gzip -9 | gzip -d | xz -0 | xz -d | sort -rn | tail -n 3'
	check_profiles "$suite-load"
	try perl perl -e '$x = ($x * 31 + $_) % 65521 for 1 .. 6000000;
		print "$x ", system("/bin/true"), " ", `echo child`; exit 4'
	named perl '^Perl_' 50
	try python python3 -c '
import subprocess, threading
def work(): sum(i * i % 7 for i in range(1500000))
threads = [threading.Thread(target=work) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(subprocess.run(["/bin/true"]).returncode)'
	named python '^_PyEval_EvalFrameDefault$' 50
	try mixed /opt/mixed
	named mixed '^spend_time_here$' 50
	run_true
}

try_musl() {
	enter=/bin/plain
	try plain
	named plain '^spend_time_here$' 50
}

# It uses too little for a profile.
# shellcheck disable=SC2086
run_true() {
	chroot "$system" $enter LD_PRELOAD=/opt/libconprof.so /bin/true >"$dir/with" 2>&1 ||
		fail "$suite: /bin/true ends with $?"
	[ ! -s "$dir/with" ] || fail "$suite: /bin/true says $(head -n 3 "$dir/with")"
}

[ $# -gt 0 ] || set -- bullseye bookworm trixie musl
for suite in "$@"; do
	system=$roots/$suite
	case $suite in
	musl) make=make_musl_root try=try_musl ;;
	*) make=make_root try=try_debian ;;
	esac
	if ! $make "$suite"; then
		note "$suite: its root cannot be made here"
		continue
	fi
	mount_into "$system"
	[ "$suite" = musl ] || link_mixed "$system"
	for engine in timer perf; do
		$try
	done
done
