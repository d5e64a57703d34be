#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# programs.sh -- programs that nobody here wrote start, work and end as without the library, and
# their profiles name what they spend their time on.
. test/e2e/prelude.inc

# compare CASE COMMAND...: standard output and status are the same with and without the library.
compare() {
	case=$1
	shift
	base=0
	"$@" >"$dir/$case.base" 2>"$dir/$case.base.err" </dev/null || base=$?
	for attempt in 1 2 3; do
		status=0
		CONPROF_CPU_RATE=500 profile "$case" "$@" >"$dir/$case.out" </dev/null || status=$?
		same "$case: status" "$status" "$base"
		cmp -s "$dir/$case.base" "$dir/$case.out" || fail "$case: another standard output"
		! find "$dir/$case" -name '*.pb.gz' | grep -q . || break
		note "$case: no profile in attempt $attempt"
	done
	cmp -s "$dir/$case.base.err" "$dir/$case.err" || fail "$case: another standard error"
	check_profiles "$case"
}

# expect CASE COMMAND REGEX LEAST: what its profiles name.
expect() {
	found=$(figure "$1" "$2" "$3")
	between "$1: $2 of $3" "$found" "$4" 100
	say "$1: $found % $2 $3"
}

# skip PROGRAM: true when it is not there, which is said.
skip() {
	! have "$1" || return 1
	note "$1 is not installed"
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A server under the library in the background; sets $server.
serve() {
	served=$1
	shift
	mkdir -p "$dir/$served"
	CONPROF_CPU_RATE=500 CONPROF_URL=file://$dir/$served LD_PRELOAD=$library "$@" \
		>"$dir/$served.out" 2>"$dir/$served.err" </dev/null &
	server=$!
	remember "$server"
}

ended() { ! kill -0 "$server" 2>/dev/null; }

server_ends() {
	until_true 20 ended || fail "$served does not end"
	status=0
	wait "$server" || status=$?
	same "$served: status" "$status" 0
	check_profiles "$served"
}

# ---- interpreters, compilers, tools ---------------------------------------------------------------

# not the wrapper script that may be in front of it
python=$(python3 -c 'import sys; print(sys.executable)')
compare python3 "$python" -c '
import hashlib, json
text = json.dumps([list(range(200))] * 500)
print(sum(len(json.loads(text)) for _ in range(60)), hashlib.sha256(text.encode()).hexdigest())'
expect python3 share '^(scanner_call|scan_once|_scan_once|_parse_array|scan_once_unicode|PyLong_From.*|_PyEval_EvalFrameDefault|Py_RunMain|Py_BytesMain)' 60

# shellcheck disable=SC2016 # for the other shell to expand
compare bash bash -c 'i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done; echo $i'
expect bash object '/bash$' 90

skip node || {
	compare node node -e '
let s = 0; for (let i = 0; i < 3e7; i++) s = (s * 31 + i) % 1000003; console.log(s);
console.log(JSON.stringify(JSON.parse(JSON.stringify(Array(3e5).fill({a: 1})))).length);'
	expect node object '/node|^$' 60
}

skip java || {
	cat >"$dir/Burn.java" <<-'END'
		public class Burn {
		    public static void main(String[] a) {
		        long s = 0;
		        for (int i = 0; i < 400000000; i++) s = s * 31 + i;
		        System.out.println(s);
		    }
		}
	END
	if have javac && javac -d "$dir" "$dir/Burn.java" >"$dir/javac.log" 2>&1; then
		compare java java -cp "$dir" Burn
	else
		compare java java -version
	fi
	expect java object 'libjvm\.so$|^$|^\[anon' 10
}

i=0
while [ $i -lt 500 ]; do
	i=$((i + 1))
	echo "double f$i(double *p, int n) { double s = $i; for (int j = 0; j < n; j++) s += p[j] * $i; return s; }"
done >"$dir/many.c"
compare gcc gcc -O2 -c "$dir/many.c" -o "$dir/many.o"
expect gcc object '/cc1$' 50

# lines in another order each time, which is work to compare
git init -q "$dir/repository"
i=0
while [ $i -lt 8 ]; do
	i=$((i + 1))
	awk -v seed=$i 'BEGIN { srand(seed); for (n = 0; n < 12000; n++) print "line", int(rand() * 4000) }' \
		>"$dir/repository/lines"
	git -C "$dir/repository" add lines
	git -C "$dir/repository" -c user.name=a -c user.email=a@b commit -q -m "$i"
done
compare git git -C "$dir/repository" log -p --minimal
expect git object '/git$' 50

skip sqlite3 || {
	compare sqlite3 sqlite3 :memory: 'with recursive n(i) as (select 1 union all select i + 1 from n
		where i < 1500000) select count(*), sum(i), max(i % 7) from n'
	expect sqlite3 object 'sqlite3' 80
}

skip ffmpeg || {
	compare ffmpeg ffmpeg -hide_banner -loglevel error -f lavfi \
		-i testsrc=duration=40:size=480x270:rate=25 -c:v mpeg4 -fflags +bitexact \
		-flags +bitexact -threads 1 -f rawvideo -
	expect ffmpeg object 'libav|libsw' 40
}

# ---- servers --------------------------------------------------------------------------------------------

skip redis-server || skip redis-benchmark || {
	port=$(free_port)
	serve redis redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no \
		--dir "$dir" --daemonize no
	until_true 20 redis-cli -p "$port" ping || fail "redis does not start"
	redis-benchmark -p "$port" -q -n 60000 -P 8 -t set,get,lpush >"$dir/redis-benchmark.out"
	same "redis: keys" "$(redis-cli -p "$port" exists mylist)" 1
	redis-cli -p "$port" shutdown nosave >/dev/null
	server_ends
	is_silent redis
	expect redis object 'redis-(server|check-rdb)' 50
	expect redis share '^main$' 50
}

skip nginx || skip curl || {
	port=$(free_port)
	mkdir -p "$dir/www" "$dir/logs"
	head -c 200000 /dev/zero >"$dir/www/zero"
	cat >"$dir/nginx.conf" <<-END
		daemon off; worker_processes 2; pid $dir/nginx.pid; error_log $dir/logs/error.log;
		events { worker_connections 64; }
		env CONPROF_URL; env CONPROF_CPU_RATE; env LD_PRELOAD;
		http {
			access_log off; gzip on; gzip_types *; gzip_comp_level 9;
			client_body_temp_path $dir/logs/b; proxy_temp_path $dir/logs/p;
			fastcgi_temp_path $dir/logs/f; uwsgi_temp_path $dir/logs/u;
			scgi_temp_path $dir/logs/s;
			server { listen 127.0.0.1:$port; root $dir/www; }
		}
	END
	# its workers would be another user, who cannot come to the directory
	[ "$(id -u)" != 0 ] || sed -i "1i user root;" "$dir/nginx.conf"
	serve nginx nginx -p "$dir" -c "$dir/nginx.conf"
	until_true 20 curl -sf -o /dev/null "http://127.0.0.1:$port/zero" || fail "nginx does not start"
	curl -s --compressed -o "$dir/zero.got" "http://127.0.0.1:$port/zero?[1-400]"
	curl -s --compressed "http://127.0.0.1:$port/zero" | cmp -s - "$dir/www/zero" ||
		fail "nginx serves something else"
	kill -QUIT "$server"
	server_ends
	expect nginx share '^deflate|^\[libz|^ngx_http_gzip_body_filter' 30
}

postgres=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ -n "$postgres" ] && [ "$(id -u)" = 0 ] && id postgres >/dev/null 2>&1 && have setpriv; then
	# it refuses to run as root, and another user must not need the way to our directory
	home=$(mktemp -d "${TMPDIR:-/tmp}/conprof-e2e.XXXXXX")
	chmod 755 "$home"
	trap 'end_children; rm -rf "$home"' EXIT
	cp "$library" "$home/"
	mkdir "$home/profiles"
	chown -R postgres "$home"
	as_postgres() {
		setpriv --reuid postgres --regid postgres --clear-groups env HOME="$home" "$@"
	}
	(cd "$home" && as_postgres "$postgres/initdb" -D "$home/data" -A trust -E UTF8 --locale=C) \
		>"$dir/initdb.log" 2>&1 || fail "initdb: $(tail -n 2 "$dir/initdb.log")"
	port=$(free_port)
	setpriv --reuid postgres --regid postgres --clear-groups env HOME="$home" \
		CONPROF_URL="file://$home/profiles" CONPROF_CPU_RATE=500 \
		LD_PRELOAD="$home/libconprof.so" "$postgres/postgres" -D "$home/data" -p "$port" \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories="$home" \
		>"$dir/postgres.out" 2>&1 </dev/null &
	server=$!
	served=postgres
	remember "$server"
	client="-h 127.0.0.1 -p $port -U postgres"
	# shellcheck disable=SC2086 # words are meant
	{
		until_true 20 "$postgres/psql" $client -c 'select 1' || fail "postgres does not start"
		"$postgres/pgbench" $client -i -q -s 1 postgres >"$dir/pgbench.log" 2>&1 ||
			fail "pgbench -i: $(tail -n 2 "$dir/pgbench.log")"
		"$postgres/pgbench" $client -S -c 2 -T 3 postgres >"$dir/pgbench.log" 2>&1 ||
			fail "pgbench: $(tail -n 2 "$dir/pgbench.log")"
	}
	kill -INT "$server"
	until_true 20 ended || fail "postgres does not end"
	status=0
	wait "$server" || status=$?
	same "postgres: status" "$status" 0
	! grep '^conprof\[' "$dir/postgres.out" || fail "the library spoke in postgres"
	mkdir "$dir/postgres"
	ls "$home"/profiles/*.pb.gz >/dev/null 2>&1 || fail "postgres: no profile at all"
	cp "$home"/profiles/*.pb.gz "$dir/postgres/"
	check_profiles postgres
	expect postgres share '^(PostgresMain|exec_simple_query|ServerLoop)$|^\[postgres\]$' 50
else
	note "postgres is not installed, or we are not root"
fi
