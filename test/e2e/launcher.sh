#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# launcher.sh -- what is behind `conprof` is the program itself, and what fails fails clearly.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

fail() {
	printf 'FAILED (%s): %s\n' "${shell:-setup}" "$*" >&2
	exit 1
}
ok() { printf 'ok: %s: %s\n' "$shell" "$*"; }
same() { [ "$2" = "$3" ] || fail "$1: expected <$2>, got <$3>"; }
has() {
	case $2 in
	*"$3"*) ;;
	*) fail "$1: <$3> is not in <$2>" ;;
	esac
}

# Runs the launcher under the shell in question; the profiler itself stays quiet.
conprof() { $shell "$launcher" "$@"; }

# Sets status, out and err.
try() {
	status=0
	out=$(conprof "$@" 2>"$work/err") || status=$?
	err=$(cat "$work/err")
}

refused() { # STATUS TEXT ARGS...: leaves with this status and says why, in one line
	want=$1 text=$2
	shift 2
	try "$@"
	same "status of: conprof $*" "$want" "$status"
	has "message of: conprof $*" "$err" "$text"
	same "lines of message of: conprof $*" 1 "$(wc -l <"$work/err")"
	same "output of: conprof $*" '' "$out"
}

test_status() {
	for want in 0 1 42 255; do
		try -- sh -c "exit $want"
		same "exit status" "$want" "$status"
	done
	try sh -c 'kill -KILL $$'
	same "status of a killed program" 137 "$status"
	ok "exit status is the program's"
}

test_signals() {
	# shellcheck disable=SC2016 # for the program's shell
	# Started without a function in between: $! is the launcher, not a subshell of this script.
	$shell "$launcher" -- sh -c 'trap "echo got TERM; exit 7" TERM; echo $$ >'"$work/pid"'
		while :; do sleep 0.1; done' >"$work/out" 2>&1 &
	started=$!
	tries=0
	until [ -s "$work/pid" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || { kill -KILL $started; fail "the program did not start in 10 s"; }
		sleep 0.1
	done
	kill -TERM $started
	status=0
	wait $started || status=$?
	same "pid of the program" "$started" "$(cat "$work/pid")"
	same "output on SIGTERM" "got TERM" "$(cat "$work/out")"
	same "status after SIGTERM" 7 "$status"
	rm "$work/pid"
	ok "signals reach the program, whose pid is the launcher's"
}

test_stdin() {
	same "stdin" "one two" "$(echo 'one two' | conprof -- cat)"
	try -- sh -c 'ls -l /proc/self/fd | grep -c conprof'
	same "descriptors of the script the program inherits" 0 "$out"
	ok "stdin is the program's, no descriptor of ours is left"
}

# shellcheck disable=SC2016 # an argument that looks like a variable
test_args() {
	newline='
'
	want=$(printf '<%s>' '' 'a b' "quo'te\"s" "two${newline}lines" '*' '--' '--url' '$HOME' \
		'back\slash')
	for before in '' --; do
		# shellcheck disable=SC2086 # no word, or one
		got=$(conprof $before printf '<%s>' '' 'a b' "quo'te\"s" "two${newline}lines" '*' '--' '--url' \
			'$HOME' 'back\slash')
		same "arguments after '$before'" "$want" "$got"
	done
	printf '#!/bin/sh\necho "ran $*"\n' >"$work/-odd=name"
	chmod +x "$work/-odd=name"
	same "a program named like an option" "ran --version" \
		"$(PATH=$work:$PATH conprof -- -odd=name --version)"
	ok "arguments pass through untouched"
}

test_missing() {
	mkdir -p "$work/dir/tool" "$work/bin"
	echo 'echo ran' >"$work/plain"
	cp "$work/plain" "$work/bin/tool"
	chmod -x "$work/bin/tool"
	refused 127 "not found: no-such-program" no-such-program
	refused 127 "not found: $work/none" -- "$work/none"
	refused 127 "not found: " -- ''
	refused 127 "not found: if" -- if
	refused 126 "$work/dir is a directory" -- "$work/dir"
	refused 126 "$work/plain is not executable" -- "$work/plain"
	status=0
	(PATH=$work/dir:$work/bin:$PATH conprof -- tool) 2>/dev/null || status=$?
	same "status when PATH has nothing executable of that name" 126 "$status"
	chmod +x "$work/bin/tool"
	same "PATH goes on behind a directory" ran "$(PATH=$work/dir:$work/bin:$PATH conprof -- tool)"
	ok "127 when there is no such program, 126 when it cannot run"
}

test_misuse() {
	refused 125 "unknown option --nonsense" --nonsense -- true
	refused 125 "unknown option --nonsense" --nonsense=hunter2 true
	refused 125 "unknown option -x" -x true
	refused 125 "--url needs a value" --url
	refused 125 "--url needs a value" --url -- true
	refused 125 "--url needs a value" --url --period 5 true
	refused 125 "no program" --period 5
	refused 125 "no program" --
	refused 125 "CONPROF_SERVER_TOKEN in the environment" --server-token=hunter2 true
	case $err in *hunter2*) fail "the message shows a secret: $err" ;; esac
	ok "125 and a hint for what it does not understand"
}

test_library() {
	mkdir -p "$work/alone/bin" "$work/alone/lib/x86_64-linux-gnu" "$work/has space" "$work/has:colon"
	keep=$launcher
	launcher=$work/alone/bin/conprof
	cp "$keep" "$launcher"
	if [ ! -e /usr/local/lib/libconprof.so ] && [ ! -e /usr/lib/x86_64-linux-gnu/libconprof.so ] &&
		[ ! -e /usr/lib/libconprof.so ]; then
		refused 125 "set CONPROF_LIBRARY" -- true
	fi
	for place in alone/lib/x86_64-linux-gnu alone/lib alone/bin; do
		cp build/libconprof.so "$work/$place/"
		same "library in $place" "$work/$place/libconprof.so" "$(preloaded)"
	done
	ln -s "$launcher" "$work/link"
	launcher=$work/link
	same "library beside a linked script" "$work/alone/bin/libconprof.so" "$(preloaded)"
	launcher=$keep
	for place in "has space" "has:colon"; do
		cp build/libconprof.so "$work/$place/"
		CONPROF_LIBRARY=$work/$place/libconprof.so refused 125 "cannot be preloaded" -- true
	done
	CONPROF_LIBRARY=$work/none.so refused 125 "no library $work/none.so" -- true
	same "CONPROF_LIBRARY, absolute" "$work/alone/lib/libconprof.so" \
		"$(CONPROF_LIBRARY=$work/alone/lib/libconprof.so preloaded)"
	same "CONPROF_LIBRARY, relative" "$root/build/libconprof.so" \
		"$(CONPROF_LIBRARY=build/../build/libconprof.so preloaded)"
	ok "the library is found around the script or by CONPROF_LIBRARY, or 125"
}

# What LD_PRELOAD the program sees. /bin/sh, because the library's log would not matter to it.
preloaded() {
	# shellcheck disable=SC2016 # for the program's shell
	conprof -- /bin/sh -c 'printf %s "$LD_PRELOAD"'
}

test_preload_kept() {
	ours=$root/build/libconprof.so
	cp build/libconprof.so "$work/other.so"
	same "LD_PRELOAD" "$ours" "$(preloaded)"
	same "LD_PRELOAD with another" "$ours:$work/other.so" "$(LD_PRELOAD=$work/other.so preloaded)"
	same "LD_PRELOAD that has it" "$work/other.so:$ours" "$(LD_PRELOAD=$work/other.so:$ours preloaded)"
	same "LD_PRELOAD with a sanitizer" "libasan.so.8:$ours" \
		"$(LD_PRELOAD=libasan.so.8 preloaded 2>/dev/null)"
	loaded=$(conprof -- "$(command -v grep)" -c "$ours" /proc/self/maps) ||
		fail "the library is not in the program"
	[ "$loaded" -gt 0 ] || fail "the library is not in the program"
	ok "the library is loaded, before what LD_PRELOAD had"
}

test_sanitizer() {
	command -v gcc >/dev/null || { echo "skip: no gcc to build with a sanitizer"; return 0; }
	echo 'int main(void) { return 5; }' >"$work/asan.c"
	gcc -fsanitize=address -o "$work/asan" "$work/asan.c" 2>"$work/err" ||
		{ echo "skip: gcc has no address sanitizer"; return 0; }
	try -- "$work/asan"
	same "status of a program with a shared sanitizer" 5 "$status"
	has "message" "$err" "is not profiled"
	# shellcheck disable=SC2016 # for the program's shell
	printf '#!/bin/sh\n# not libasan.so.8\nprintf %%s "$LD_PRELOAD"\n' >"$work/speaks"
	chmod +x "$work/speaks"
	same "LD_PRELOAD of a script that speaks of it" "$root/build/libconprof.so" \
		"$(conprof -- "$work/speaks")"
	ok "a program with a shared sanitizer is left alone"
}

test_unreachable() {
	command -v gcc >/dev/null || { echo "skip: no gcc to link statically"; return 0; }
	echo 'int main(void) { return 5; }' >"$work/plain.c"
	for flags in -static -static-pie; do
		gcc $flags -o "$work/static" "$work/plain.c"
		try -- "$work/static"
		same "status of a program linked with $flags" 5 "$status"
		same "message" "conprof: $work/static is not profiled: it is linked statically" "$err"
	done
	for flags in -no-pie -pie; do
		gcc $flags -o "$work/dynamic" "$work/plain.c"
		try -- "$work/dynamic"
		same "status of a program linked with $flags" 5 "$status"
		same "message" '' "$err"
	done
	ok "it is said which programs no library can be preloaded into"
}

test_privileged() {
	[ "$(id -u)" = 0 ] || { echo "skip: only root can make a program another user's"; return 0; }
	cp /bin/true "$work/privileged"
	chown nobody "$work/privileged"
	chmod 4755 "$work/privileged"
	try -- "$work/privileged"
	same "status of a set-uid program" 0 "$status"
	has "message" "$err" "is not profiled: it runs with another user's privileges"
	ok "a set-uid program runs, and it is said that it is not profiled"
}

test_options() {
	try --url=unix:///tmp/a=b --service "my shop" --labels= --types wall --period=1m \
		--cpu-duration 9s --cpu-rate 7 --wall-rate 8 --heap-interval 1M --upload-timeout 2s \
		--log-file /dev/null --log-level 2 --spool /nowhere --spool-size 1M --include 'a*' \
		--exclude 'b?' --engine timer \
		-- /bin/sh -c 'set | grep "^CONPROF_[A-Z]*"'
	for want in "URL='unix:///tmp/a=b'" "SERVICE='my shop'" "LABELS=''" "TYPES='wall'" "PERIOD='1m'" \
		"CPU_DURATION='9s'" "CPU_RATE='7'" "WALL_RATE='8'" "HEAP_INTERVAL='1M'" "UPLOAD_TIMEOUT='2s'" \
		"LOG_FILE='/dev/null'" "LOG_LEVEL='2'" "SPOOL='/nowhere'" "SPOOL_SIZE='1M'" "INCLUDE='a*'" \
		"EXCLUDE='b?'" "ENGINE='timer'"; do
		name=${want%%=*} value=${want#*=\'}
		same "CONPROF_$name" "${value%\'}" "$(value_of "CONPROF_$name")"
	done
	ok "options become variables"
}

# The value that `set` printed for variable $1; shells quote differently, when they do.
value_of() {
	printf '%s\n' "$out" | sed -n "s/^$1=//p" | sed "s/^'\(.*\)'\$/\1/"
}

# One variable per line, without those that a shell sets itself and those that we mean to set.
comparable() {
	tr '\000\n' '\n|' | grep -v -E '^(LD_PRELOAD|PWD|OLDPWD|SHLVL|_|CONPROF_CPU_RATE)=' | sort
}

test_environment() {
	newline='
'
	# What this shell itself would lose comes from env, in both cases.
	set -- env discovery.type=single-node 'with-dash=a b' "odd.lines=1$newline 2$newline" name=kept \
		library=kept file=kept 'BASH_FUNC_f%%=() { :; }'
	want=$("$@" cat /proc/self/environ | comparable)
	# shellcheck disable=SC2086 # the shell and its option
	got=$("$@" $shell "$launcher" --cpu-rate 9 -- cat /proc/self/environ | comparable)
	same "environment" "$want" "$got"
	has "the environment that was compared" "$got" "odd.lines=1| 2|"
	ok "the environment is otherwise untouched, odd names included"
}

test_help() {
	try --help
	same "status of --help" 0 "$status"
	same "stderr of --help" '' "$err"
	has "--help" "$out" "usage: conprof"
	same "examples in --help" 3 "$(printf '%s\n' "$out" | grep -c '^  conprof ')"
	printf '%s\n' "$out" | awk 'length > 88 || NR > 40 { exit 1 }' || fail "--help exceeds a screen"
	case $out in *--server-token*) fail "--help offers a secret on the command line" ;; esac
	try --version
	same "status of --version" 0 "$status"
	printf '%s\n' "$out" | grep -q -x 'conprof [0-9][0-9.]*' || fail "--version printed <$out>"
	ok "--help and --version"
}

test_all() {
	rm -rf "${work:?}"/*
	test_status
	test_signals
	test_stdin
	test_args
	test_missing
	test_misuse
	test_library
	test_preload_kept
	test_sanitizer
	test_unreachable
	test_privileged
	test_options
	test_environment
	test_help
}

for file in build/conprof build/libconprof.so; do
	[ -f $file ] || fail "$file is missing: run make"
done
# Nothing of the caller's may decide how these end, and no profile is to go anywhere.
unset LD_PRELOAD CONPROF_LIBRARY CONPROF_URL CONPROF_SERVICE
export CONPROF_LOG_FILE=/dev/null
launcher=$root/build/conprof
for shell in dash "busybox ash" "bash --posix"; do
	if command -v "${shell%% *}" >/dev/null; then
		test_all
	else
		echo "skip: no ${shell%% *} here"
	fi
done
