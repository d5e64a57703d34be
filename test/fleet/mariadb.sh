#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mariadb.sh -- mariadbd, a thread for each connection: load, locks, TERM and KILL in the middle of it.
#
# fleet: bulk work, 4 clients, new connections, deadlocks, timeouts, TERM under load, recovery
# packages: mariadb-server mariadb-client
# names: object 50 mariadbd
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

[ "$(id -u)" = 0 ] || skip "this becomes the user mysql, which needs root"
chown mysql . tmp
as_mysql() { setpriv --reuid mysql --regid mysql --clear-groups "$@"; }
query() { mariadb --no-defaults -S "$PWD/sock" -u root -N "$@" 2>&1; }

start() {
	setpriv --reuid mysql --regid mysql --clear-groups "$under" /usr/sbin/mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/sock" \
		--skip-networking --pid-file="$PWD/pid" --innodb-buffer-pool-size=64M --max-connections=200 \
		--innodb-flush-log-at-trx-commit=0 --skip-log-bin --skip-grant-tables \
		--innodb-log-file-size=64M >>"$FLEET_ASIDE/status" 2>>log &
	server=$!
	answers() { query -e 'select 1'; }
	until_true 40 answers || echo "does not answer"
}

status install as_mysql "$under" mariadb-install-db --no-defaults --datadir="$PWD/data" \
	--auth-root-authentication-method=normal --skip-test-db
start
query -e "create database d; use d;
create table t (id int primary key auto_increment, k int, v varchar(100), key (k)) engine innodb;
insert into t (k, v) select seq % 1000, sha1(seq) from seq_1_to_60000;
create table m engine myisam as select * from t;
create table a engine aria as select * from t;"
query d -e "select count(*), sum(k), md5(group_concat(v order by id)) from t;
select count(distinct sha2(concat(v, id), 256)) from m; checksum table t, m, a;
select count(*) from t x join t y using (k) where x.id < 1000;
select sleep(0.3); select get_lock('l', 1), release_lock('l')"

query d -e "set max_statement_time = 0.3; select benchmark(100000000, sha1('x'))" || echo "status $?"

# The same updates from four clients, in an order that is chance; their sum is not.
client() {
	i=0
	while [ $i -lt 600 ]; do
		i=$((i + 1))
		echo "update t set k = k + 1 where id = $((i * 37 % 5000 + 1)); select v from t where id = $i;"
	done | query d >/dev/null
}
started=$(date +%s.%N)
those=
for n in 1 2 3 4; do
	client &
	those="$those $!"
done
for one in $those; do
	wait "$one" || echo "client: status $?"
done
n=0
while [ $n -lt 40 ]; do
	n=$((n + 1))
	query d -e "select $n" >>"$FLEET_ASIDE/connections"
done
rate "$(echo "2440 / ($(date +%s.%N) - $started)" | bc -l)"
md5sum <"$FLEET_ASIDE/connections"
query d -e 'select sum(k), count(*) from t; check table t, m, a'
query d -e "set lock_wait_timeout = 1; lock table t write; select 1; unlock tables; kill connection_id()" || echo "status $?"
status flush query -e 'flush tables; flush logs'
kill -HUP $server
query d -e 'select count(*) from a'
client &
load=$!
sleep 0.5
kill -TERM $server
ends mariadbd $server
wait $load || : # it may have been done
start
query d -e 'select count(*) from t; check table t, m, a'
client &
load=$!
sleep 0.5
kill -KILL $server
wait $server || echo "killed: status $?"
wait $load || : # it may have been done
start
query d -e 'select count(*) from t; check table t'
query -e shutdown
ends mariadbd $server
sed -E 's/^[0-9-]+ +[0-9:]+ [0-9]+ //; s/[0-9]+/N/g' log | sort -u | grep -E '^\[|mariadbd|signal' |
	grep -v -E 'Starting (final batch|crash recovery)|Aborted connection|LSN|log sequence|Buffer pool|buffer pool|To recover|End of log|rollback|uncommitted|FTS optimize|Rollback|row operations'
rm -rf data
