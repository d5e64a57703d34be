#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nginx.sh -- a master and its workers: reloads, reopening, a new binary and the end under load.
#
# fleet: daemon, 3 workers as nobody, ab and curl during 20 reloads, reopen, upgrade, graceful end
# packages: nginx-light apache2-utils curl
# names: object 40 nginx
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

[ "$(id -u)" = 0 ] || skip "its workers become another user, which needs root"
port=$(free_port)
url=http://127.0.0.1:$port
mkdir www logs
head -c 100000 /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 | base64 >www/text
echo small >www/small
cat >conf <<END
user nobody nogroup;
worker_processes 3;
pid $PWD/pid;
error_log $PWD/logs/error.log notice;
events { worker_connections 256; }
env LD_PRELOAD;
env CONPROF_URL; env CONPROF_CPU_RATE; env CONPROF_PERIOD; env CONPROF_ENGINE;
http {
	access_log $PWD/logs/access.log;
	gzip on; gzip_http_version 1.0; gzip_types *; gzip_comp_level 6;
	client_body_temp_path $PWD/logs/b; proxy_temp_path $PWD/logs/p; fastcgi_temp_path $PWD/logs/f;
	uwsgi_temp_path $PWD/logs/u; scgi_temp_path $PWD/logs/s;
	server {
		listen 127.0.0.1:$port; root $PWD/www;
		location /back/ { proxy_pass $url/; }
	}
}
END
# by its path, which it executes again for an upgrade
run() { "$under" /usr/sbin/nginx -p "$PWD" -c "$PWD/conf" "$@"; }
status test run -t
status start run
answers() { curl -sf -o /dev/null "$url/small"; }
until_true 10 answers || echo "does not answer"
master=$(cat pid)
workers() { ps -o user= --ppid "$1" | sort | uniq -c; }
workers "$master"

ab -q -n 3000 -c 8 "$url/small" >ab.small 2>&1 &
small=$!
ab -q -n 400 -c 4 -H 'Accept-Encoding: gzip' "$url/back/text" >ab.text 2>&1 &
text=$!
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	kill -HUP "$master"
	sleep 0.1
	curl -s "$url/text?$round" | cmp -s - www/text || echo "round $round: another text"
	curl -s --compressed "$url/back/text?$round" | cmp -s - www/text || echo "round $round: another compressed text"
done
wait $small || echo "ab: status $?"
wait $text || echo "ab: status $?"
grep -h -E '^(Complete|Failed|Non-2xx)' ab.small ab.text
rate "$(awk '/^Requests per second/ { s += 1 / $4; n++ } END { print n / s }' ab.small ab.text)"
# Work enough for one generation of workers to be profiled.
ab -q -n 400 -c 4 -H 'Accept-Encoding: gzip' "$url/text" >ab.gzip 2>&1 || echo "ab: status $?"
grep -E '^(Complete|Failed|Non-2xx)' ab.gzip
mv logs/access.log logs/access.log.1
kill -USR1 "$master"
reopened() { [ -e logs/access.log ]; }
until_true 10 reopened || echo "does not reopen its log"
one_generation() { [ "$(ps -o pid= --ppid "$master" | wc -l)" = 3 ]; }
until_true 10 one_generation || echo "old workers stay"
workers "$master"

# A new binary takes over from the old one while requests go on.
ab -q -n 1500 -c 4 "$url/small" >ab.upgrade 2>&1 &
load=$!
kill -USR2 "$master"
both() { [ -s pid.oldbin ] && [ -s pid ] && [ "$(cat pid)" != "$master" ]; }
until_true 10 both || echo "no new master"
next=$(cat pid)
sleep 0.3
kill -WINCH "$master"
no_workers() { ! pgrep -P "$master" | grep -q -v -x "$next"; }
until_true 10 no_workers || echo "old workers stay"
kill -QUIT "$master"
until_true 10 gone "$master" || echo "the old master stays"
wait $load || echo "ab: status $?"
grep -h -E '^(Complete|Failed|Non-2xx)' ab.upgrade
workers "$next"
# A worker that is killed is replaced.
kill -KILL "$(ps -o pid= --ppid "$next" | head -n 1)"
replaced() { grep -q 'exited on signal 9' logs/error.log && [ "$(ps -o pid= --ppid "$next" | wc -l)" = 3 ]; }
until_true 10 replaced || echo "no new worker"

# One that is being answered while the end is asked for gets all of its answer.
head -c 3000000 /dev/zero >www/slow
curl -s --limit-rate 2M "$url/slow" | cmp - www/slow &
slow=$!
sleep 0.3
kill -QUIT "$next"
wait $slow || echo "the last answer is cut off"
until_true 20 gone "$next" || echo "does not end"
sed -E 's/^[0-9/]+ [0-9:]+ //; s/[0-9]+/N/g; s/\*N //' logs/error.log | sort -u |
	grep -v -E 'gracefully shutting|exiting|signal N \((SIGCHLD|SIGIO)\)|exited with code|start worker|^.notice. N#N: exit$|cache manager'
rm -f ab.* www/slow
