#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# apache_php.sh -- apache with a process per request and php-fpm behind it, restarted under load.
#
# fleet: prefork, CGI, php-fpm (max_execution_time, children by demand), graceful restarts, limits
# packages: apache2-bin apache2-utils php8.2-fpm php8.2-cli curl
# names: object 40 apache2|php
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

[ "$(id -u)" = 0 ] || skip "its children become another user, which needs root"
port=$(free_port)
url=http://127.0.0.1:$port
modules=/usr/lib/apache2/modules
mkdir www logs
echo small >www/small
head -c 300000 /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 | base64 >www/text
cat >www/work.php <<'END'
<?php
for ($i = 0, $h = ''; $i < 20000; $i++) $h = md5($h . $i);
echo $h, ' ', PHP_SAPI, "\n";
END
cat >www/endless.php <<'END'
<?php
set_time_limit(1);
register_shutdown_function(function () { echo "over\n"; });
while (true) { md5('x'); }
END
cat >www/children.php <<'END'
<?php
for ($i = 0; $i < 10; $i++) { $out = []; exec("echo $i; exit $i", $out, $status); echo $out[0], $status, ' '; }
$p = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
fwrite($pipes[0], str_repeat('x', 50000)); fclose($pipes[0]);
echo strlen(stream_get_contents($pipes[1])), ' ', proc_close($p), "\n";
END
cat >www/cgi.sh <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n%s\n' "$QUERY_STRING"
END
chmod +x www/cgi.sh
cat >httpd.conf <<END
ServerRoot $PWD
ServerName localhost
Listen 127.0.0.1:$port
PidFile $PWD/logs/httpd.pid
DefaultRuntimeDir $PWD/logs
ErrorLog $PWD/logs/error.log
User nobody
Group nogroup
LoadModule mpm_prefork_module $modules/mod_mpm_prefork.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule mime_module $modules/mod_mime.so
LoadModule deflate_module $modules/mod_deflate.so
LoadModule filter_module $modules/mod_filter.so
LoadModule cgi_module $modules/mod_cgi.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_fcgi_module $modules/mod_proxy_fcgi.so
StartServers 4
MaxRequestsPerChild 400
TypesConfig /etc/mime.types
SetOutputFilter DEFLATE
DocumentRoot $PWD/www
AddHandler cgi-script .sh
<Directory $PWD/www>
	Options ExecCGI
</Directory>
<FilesMatch "\\.php\$">
	SetHandler "proxy:unix:$PWD/fpm.sock|fcgi://localhost"
</FilesMatch>
END
cat >fpm.conf <<END
[global]
pid = $PWD/logs/fpm.pid
error_log = $PWD/logs/fpm.log
log_level = notice
[www]
user = nobody
group = nogroup
listen = $PWD/fpm.sock
listen.owner = nobody
pm = ondemand
pm.max_children = 4
pm.max_requests = 40
request_terminate_timeout = 100s
catch_workers_output = yes
END
status "fpm test" "$under" php-fpm8.2 -n -y "$PWD/fpm.conf" -t
status fpm "$under" php-fpm8.2 -n -y "$PWD/fpm.conf" --daemonize
status "apache test" "$under" apache2 -f "$PWD/httpd.conf" -t
status apache "$under" apache2 -f "$PWD/httpd.conf" -k start
answers() { curl -sf -o /dev/null "$url/small"; }
until_true 10 answers || echo "does not answer"
fpm=$(cat logs/fpm.pid)
httpd=$(cat logs/httpd.pid)

curl -s "$url/work.php"
curl -s "$url/children.php"
curl -s "$url/cgi.sh?asked"
took=$(date +%s%N)
curl -s "$url/endless.php" | sed "s|$PWD||; s/line .*/line N/"
took=$((($(date +%s%N) - took) / 1000000))
[ $took -ge 1000 ] || echo "a limit of 1 s ended it after $took ms"

ab -q -n 2000 -c 6 "$url/small" >ab.small 2>&1 &
small=$!
ab -q -n 200 -c 4 -H 'Accept-Encoding: gzip' "$url/text" >ab.text 2>&1 &
text=$!
ab -q -n 200 -c 4 "$url/work.php" >ab.php 2>&1 &
php=$!
ab -q -n 60 -c 2 "$url/cgi.sh?x" >ab.cgi 2>&1 &
cgi=$!
for round in 1 2 3 4 5; do
	curl -s "$url/text?$round" | cmp -s - www/text || echo "round $round: another text"
	status "graceful $round" "$under" apache2 -f "$PWD/httpd.conf" -k graceful
	sleep 0.4
	curl -s "$url/work.php"
done
for load in $small $text $php $cgi; do
	wait "$load" || echo "ab: status $?"
done
for load in small text php cgi; do
	echo "$load: $(grep -h -E '^(Complete|Failed|Non-2xx)' ab.$load | tr -s '\n ' ' ')"
done
rate "$(awk '/^Requests per second/ { s += 1 / $4; n++ } END { print n / s }' ab.small ab.text ab.php ab.cgi)"
kill -USR2 "$fpm"
again() { [ -s logs/fpm.pid ] && curl -s "$url/work.php" | grep -q fpm; }
sleep 0.5
until_true 10 again || echo "fpm does not come back"
fpm=$(cat logs/fpm.pid)
curl -s "$url/work.php"
kill -QUIT "$fpm"
until_true 20 gone "$fpm" || echo "fpm does not end"
status "graceful stop" "$under" apache2 -f "$PWD/httpd.conf" -k graceful-stop
until_true 20 gone "$httpd" || echo "apache does not end"
"$under" php8.2 -n -d max_execution_time=1 -r 'while (true) md5("x");' 2>&1 || echo "cli: status $?"
# shellcheck disable=SC2016
"$under" php8.2 -n -d max_execution_time=60 -r 'for ($i = 0, $h = ""; $i < 1500000; $i++) $h = md5($h); echo $h, "\n";'
sed -E 's/^\[[^]]*\] //; s/\[pid [0-9]+[^]]*\] //; s/[0-9.]+ seconds/N/; s/[0-9]+/N/g' logs/error.log logs/fpm.log | sort -u |
	grep -v -E 'exited with code|started|AHN: (SIGUSRN|SIGWINCH)|server reached|server seems busy'
rm -f ab.* fpm.sock
