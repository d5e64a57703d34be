#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# openssh.sh -- sshd with its privilege separation and sandbox: logins good and bad, files, channels.
#
# fleet: 50 logins (keys, wrong keys, passwords), sftp and scp of files, channels, HUP, TERM
# packages: openssh-server openssh-client openssh-sftp-server sshpass
# names: object 40 sshd
# shellcheck disable=SC2016,SC2086 # words for other shells; options are several words
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

[ "$(id -u)" = 0 ] || skip "sshd with privilege separation needs root"
port=$(free_port)
made=
[ -d /run/sshd ] || {
	mkdir /run/sshd
	made=yes
}
keys=$PWD/keys
mkdir -m 755 "$keys"
for kind in ed25519 ecdsa rsa; do
	ssh-keygen -q -t $kind -N '' -f "$keys/host_$kind"
done
ssh-keygen -q -t ed25519 -N '' -f "$keys/good"
ssh-keygen -q -t ed25519 -N '' -f "$keys/bad"
cp "$keys/good.pub" "$keys/authorized"
cat >config <<END
Port $port
ListenAddress 127.0.0.1
HostKey $keys/host_ed25519
HostKey $keys/host_ecdsa
HostKey $keys/host_rsa
AuthorizedKeysFile $keys/authorized
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
UsePAM yes
PidFile $PWD/pid
LogLevel VERBOSE
MaxStartups 100
Subsystem sftp /usr/lib/openssh/sftp-server
# bash reads what the user has in .bashrc when sshd starts it, but not in a shell within a shell
SetEnv SHLVL=2
END
"$under" /usr/sbin/sshd -D -e -f "$PWD/config" 2>log &
server=$!
listening() { grep -q '^Server listening' log; }
until_true 10 listening || echo "does not listen"

options="-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentitiesOnly=yes -o ConnectTimeout=10 -o IdentityAgent=none"
# login NAME KEY COMMAND...: as a client of the network; the client is not profiled, the server is.
login() {
	name=$1
	key=$2
	shift 2
	got=0
	ssh $options -o BatchMode=yes -i "$keys/$key" -p "$port" "$name@127.0.0.1" "$@" >"tmp/login" 2>&1 || got=$?
	sort tmp/login
	echo "$name $key: status $got"
}

started=$(date +%s.%N)
for round in 1 2 3 4; do
	echo "round $round"
	login root good 'echo hello; exit 3'
	login nobody good true
	login root bad 'echo never'
	login nosuchuser good 'echo never'
	login sync good 'echo $((6 * 7))'
	got=0
	sshpass -p wrong ssh $options -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 -p "$port" \
		root@127.0.0.1 true >>tmp/pass 2>&1 || got=$?
	echo "password: status $got"
done
sort -u tmp/pass
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"

# Several at once, of which each has a process of its own before it is let in.
many() { seq 12 | xargs -P 6 -I '{}' ssh $options -o BatchMode=yes -i "$keys/good" -p "$port" root@127.0.0.1 'echo {}'; }
many 2>&1 | sort -n

for pair in curve25519-sha256/aes128-ctr diffie-hellman-group14-sha256/chacha20-poly1305@openssh.com \
	ecdh-sha2-nistp521/aes256-gcm@openssh.com sntrup761x25519-sha512@openssh.com/aes256-ctr; do
	head -c 300000 /dev/zero | ssh $options -o KexAlgorithms=${pair%/*} -c ${pair#*/} -i "$keys/good" -p "$port" \
		root@127.0.0.1 md5sum 2>&1 | sed "s|^|$pair |"
done
# One process of sshd that uses enough CPU time to be worth a profile.
head -c 200000000 /dev/zero | ssh $options -c chacha20-poly1305@openssh.com -i "$keys/good" -p "$port" \
	root@127.0.0.1 md5sum 2>&1

head -c 8000000 /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 >file
{
	printf 'put %s %s\nget %s %s\nls -1 %s\n' "$PWD/file" "$PWD/there" "$PWD/there" "$PWD/back" "$keys" |
		sftp -q $options -b - -i "$keys/good" -P "$port" root@127.0.0.1 2>&1
	scp -q $options -i "$keys/good" -P "$port" root@127.0.0.1:"$PWD/file" scp
	scp -q -O $options -C -i "$keys/good" -P "$port" file root@127.0.0.1:"$PWD/scp.old"
	ssh $options -i "$keys/good" -p "$port" root@127.0.0.1 'cat; exit 9' <file >piped || echo "pipe: status $?"
	# a terminal, as somebody at a keyboard has
	ssh $options -tt -i "$keys/good" -p "$port" root@127.0.0.1 'tty | sed s/[0-9]*$/N/; exit 4' </dev/null 2>&1 || echo "terminal: status $?"
}
for copy in there back scp scp.old piped; do
	status "$copy" cmp file $copy
done

kill -HUP $server
restarted() { [ "$(grep -c '^Server listening' log)" = 2 ]; }
until_true 10 restarted || echo "does not restart at SIGHUP"
login root good 'echo after HUP'
kill -TERM $server
ends sshd $server
# What it decided, how often. Keys and processes differ, and who hangs up first is chance.
sed -E 's/SHA256:.*/KEY/; s/[0-9]+/N/g' log | sort | uniq -c >seen
grep -E 'Accepted|Failed|Invalid|Authentication|Postponed|Received|Server|Starting|fatal|error|Connection from' seen |
	grep -v 'disconnect'
[ -z "$made" ] || rmdir /run/sshd
