#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# collector_limits.sh -- who may do what, and what happens to those who want too much.
. test/e2e/prelude.inc
# shellcheck source=test/e2e/collector.inc
. test/e2e/collector.inc
one=$dir/one.pb.gz
python3 test/e2e/load.py make "$one" 1
upload='/api/0/profiles?service=web&type=cpu'

# ---- words -----------------------------------------------------------------------------------------

refuses() { # TEXT OPTIONS...: it does not start, and says why in one line
	text=$1
	shift
	status=0
	"$conprofd" "$@" >"$dir/out" 2>"$dir/err" || status=$?
	between "exit status of conprofd $*" "$status" 1 2
	grep -q -F -e "$text" "$dir/err" || fail "conprofd $*: '$(cat "$dir/err")', without '$text'"
}
refuses 'unknown option --nothing' --nothing
refuses 'a value is missing after --data' --data
refuses "--threads: '0' is no value for it: a number from 1 to 256" --threads 0
refuses "--retention: '1w' is no value for it: a time such as 45s, 12h or 30d" --retention 1w
refuses "it is too small or too large; a time" --request-timeout 1ms
refuses "a size such as 512M or 10G" --retention-size 10GB
refuses 'a port being at most 65535' --listen 127.0.0.1:99999 --data "$dir/port"
refuses "retention-rules: 'cpu'" --retention-rules cpu
refuses 'tls-certificate and tls-key belong together' --tls-key x
refuses 'No such file' --config "$dir/none"
printf 'data = %s\nlisten = nowhere\n' "$dir/config-data" >"$dir/config"
refuses 'it is neither unix:///path nor host:port' --config "$dir/config"
printf 'dta = x\n' >"$dir/config"
refuses "$dir/config:1: dta: there is no such option" --config "$dir/config"
printf '\nretention = x\n' >"$dir/config"
refuses "$dir/config:2: retention: 'x' is no value for it: a time" --config "$dir/config"
mkdir -p "$dir/backups/20250101"
echo dump >"$dir/backups/20250101/db.dump"
refuses "$dir/backups holds what is not conprofd's; set --data" --listen 127.0.0.1:0 --data "$dir/backups"
same "somebody else's directory" "$(find "$dir/backups" -type f)" "$dir/backups/20250101/db.dump"
refuses 'can be reached by others: set --tokens' --listen 0.0.0.0:0 --data "$dir/x"
refuses 'cannot use /proc/nothing' --listen 127.0.0.1:0 --data /proc/nothing
printf '# as flags\ndata = %s\ninsecure = yes\n' "$dir/config-data" >"$dir/config"
begin config-data --config "$dir/config"
refuses 'is used by another conprofd' --listen 127.0.0.1:0 --data "$dir/config-data"
end
say "what is wrong is said, and what cannot be reached safely is not opened"

# ---- tokens ----------------------------------------------------------------------------------------

"$conprofd" token writer ingest >"$dir/tokens" 2>"$dir/token"
writer=$(sed 's/.*: //' "$dir/token")
begin guarded --tokens "$dir/tokens"
get "$upload" --data-binary "@$one"
answers 401 'a token is needed'
get "$upload" --data-binary "@$one" -H "Authorization: Bearer $writer"
same "status with a token" "$status" 200
get "$upload" --data-binary "@$one" -u "writer:$writer"
same "status with HTTP Basic" "$status" 200
get "$upload" --data-binary "@$one" -u "reader:$writer"
answers 401 'this token is not known'
get /api/0/services -H "Authorization: Bearer $writer"
answers 403 'this token may not do that'
get /metrics
same "status of metrics without a token" "$status" 401
get /healthz
same "status of health without a token" "$status" 200
status=$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$socket" --data-binary "@$one" "http://x$upload")
same "status of an upload by the unix socket" "$status" 200
status=$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$socket" http://x/api/0/services)
same "status of a query by the unix socket" "$status" 401
"$conprofd" token reader query >>"$dir/tokens" 2>"$dir/token"
reader=$(sed 's/.*: //' "$dir/token")
get /api/0/services -u "reader:$reader"
same "status with a token that is not read yet" "$status" 401
kill -HUP "$daemon"
until_true 5 grep -q 'tokens read again' "$log"
get /api/0/services -u "reader:$reader"
answers 200 '["web"]'
if have go; then
	PPROF_TMPDIR=$dir/pprof go tool pprof -top \
		"http://reader:$reader@127.0.0.1:$port/api/0/profiles/merge?service=web&type=cpu&from=0&to=now" \
		>"$dir/top" 2>"$dir/top.err" || fail "go tool pprof with a token: $(tail -n 1 "$dir/top.err")"
fi
printf 'not a token\n' >>"$dir/tokens"
kill -HUP "$daemon"
until_true 5 grep -q ':3: not NAME SCOPES HASH' "$log"
get /api/0/services -u "reader:$reader"
same "status when new tokens cannot be read" "$status" 200
CONPROF_URL=$url CONPROF_SERVER_ID=writer CONPROF_SERVER_TOKEN=$writer CONPROF_SERVICE=guarded \
	CONPROF_PERIOD=1 LD_PRELOAD=$library "$fixture/burn" one 2500 >/dev/null
get /api/0/services -u "reader:$reader"
answers 200 '["guarded","web"]'
end
say "tokens, their scopes, and SIGHUP"

# ---- TLS -------------------------------------------------------------------------------------------

make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout "$dir/key.pem" -out "$dir/certificate.pem" 2>/dev/null
}

if have openssl; then
	make_certificate
	scheme=https
	refuses "is no certificate of the key in $dir/certificate.pem" --listen 127.0.0.1:0 --data "$dir/swapped" \
		--tls-certificate "$dir/key.pem" --tls-key "$dir/certificate.pem"
	begin tls --tls-certificate "$dir/certificate.pem" --tls-key "$dir/key.pem"
	get "$upload" --data-binary "@$one" --cacert "$dir/certificate.pem"
	same "status of an upload over TLS" "$status" 200
	get /healthz
	same "status for who does not trust the certificate" "$status" 000
	cp "$dir/certificate.pem" "$dir/old.pem"
	make_certificate
	kill -HUP "$daemon"
	until_true 20 grep -q 'certificate read again' "$log"
	get /healthz --cacert "$dir/certificate.pem"
	same "status with the new certificate" "$status" 200
	get /healthz --cacert "$dir/old.pem"
	same "status for who trusts only the old one" "$status" 000
	echo 'no certificate' >"$dir/certificate.pem"
	kill -HUP "$daemon"
	until_true 20 grep -q 'certificate.pem cannot be used' "$log"
	get /healthz --insecure
	same "status when a new certificate is none" "$status" 200
	end
	scheme=http
	say "TLS, and another certificate by SIGHUP"
else
	note "there is no openssl to make a certificate"
fi

# ---- too much --------------------------------------------------------------------------------------

begin bounded --body-max 64K --inflated-max 1M --memory-max 256K --request-timeout 2 --connections 20
head -c 70000 /dev/zero >"$dir/large"
get "$upload" --data-binary "@$dir/large"
answers 413 'more than 65536 bytes (--body-max)'
get "$upload" -H 'Transfer-Encoding: chunked' --data-binary "@$dir/large"
answers 413 'more than 65536 bytes (--body-max)'
head -c 40000000 /dev/zero | gzip >"$dir/bomb"
get "$upload" --data-binary "@$dir/bomb"
answers 413 'it inflates to more than is allowed (--inflated-max)'
head -c 20000000 /dev/zero >"$dir/huge"
curl -s -o /dev/null -H 'Transfer-Encoding: chunked' -H 'Expect:' -T "$dir/huge" -X POST "$url$upload" || :
get "$upload" --data-binary "@$one"
same "status after all that" "$status" 200
same "bytes that are still held" "$(metric body_bytes)" 0
between "resident KiB" "$(sed -n 's/VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status")" 1 131072

# Clients that send slowly, or nothing, are closed; others are served meanwhile.
python3 - "$port" >"$dir/slow" <<'END' &
import socket, sys, time
def connect(text):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(text)
    return s
slow = [connect(b"POST /api/0/profiles?service=s&type=cpu HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + b"x")
        for _ in range(10)]
print("connected", flush=True)
closed = set()
while len(closed) < len(slow):
    for s in slow:
        try:
            s.send(b"x")
        except OSError:
            closed.add(s)
    time.sleep(0.2)
print("closed", flush=True)
END
slow=$!
remember "$slow"
until_true 10 grep -q connected "$dir/slow"
get "$upload" --data-binary "@$one"
same "status while others are slow" "$status" 200
until_true 30 grep -q closed "$dir/slow" || fail "slow clients are not closed"
wait "$slow"
same "slow clients" "$(metric slow_clients_total)" 10

# More than may wait is refused with 503, and taken later.
python3 - "$port" >"$dir/overload" <<'END'
import socket, sys
head = (b"POST /api/0/profiles?service=s&type=trace HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
open_ones = []
for _ in range(8):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(head + b"x" * 59999)
    open_ones.append(s)
import time
time.sleep(0.5)
answers = []
for s in open_ones:
    s.sendall(b"x")
    answers.append(s.recv(4096))
for a in answers:
    print(a.split(b"\r\n")[0].decode(), b"Retry-After: 1" in a)
END
between "refused uploads" "$(grep -c 'HTTP/1.1 503 Service Unavailable True' "$dir/overload")" 1 7
between "taken uploads" "$(grep -c 'HTTP/1.1 200 OK' "$dir/overload")" 1 7
get "$upload" --data-binary "@$one"
same "status when that is over" "$status" 200
end
say "too large, too slow and too much is refused, and others are served"
