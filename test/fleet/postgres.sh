#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# postgres.sh -- a postmaster and a process for each connection: load, crash recovery, stop modes.
#
# fleet: pgbench, pgbench -C (a process each), parallel queries, crash restart, stop modes, dump
# packages: postgresql-15 postgresql-client-15
# names: object 50 postgres
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

[ "$(id -u)" = 0 ] || skip "this becomes the user postgres, which needs root"
bin=/usr/lib/postgresql/15/bin
port=$(free_port)
chown postgres .
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups env HOME="$PWD" "$@"; }
client="-h 127.0.0.1 -p $port -U postgres"
# shellcheck disable=SC2086
query() { "$bin/psql" $client -X -q -A -t "$@" postgres 2>&1; }
# shellcheck disable=SC2086
bench() { "$bin/pgbench" $client "$@" postgres 2>&1; }
log=$PWD/log
as_postgres touch "$log"

control() {
	mode=$1
	shift
	got=0
	as_postgres "$under" "$bin/pg_ctl" -D "$PWD/data" -l "$log" -w -t 30 -s \
		-o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$PWD" "$mode" "$@" || got=$?
	echo "pg_ctl $mode $*: status $got"
}

processes() { query -c "select backend_type from pg_stat_activity where backend_type not like 'parallel%' and backend_type not like 'autovacuum worker' order by 1"; }

status initdb as_postgres "$under" "$bin/initdb" -D "$PWD/data" -A trust -E UTF8 --locale=C
cat >>data/postgresql.conf <<END
log_line_prefix = ''
log_checkpoints = off
autovacuum = off
fsync = off
log_statement = none
END
control start
status "pgbench -i" bench -i -q -s 1
bench -n -c 4 -j 2 -t 150 --random-seed=7 | grep -E 'actually processed|failed'
bench -n -S -C -c 4 -j 2 -t 30 >"$FLEET_ASIDE/connections"
grep -E 'actually processed|failed' "$FLEET_ASIDE/connections"
bench -n -S -c 2 -j 2 -T 4 >"$FLEET_ASIDE/selects"
rate "$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$FLEET_ASIDE/selects")"
query -c 'select sum(tbalance) = (select sum(bbalance) from pgbench_branches), count(*) from pgbench_tellers'
query -c "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
	set min_parallel_table_scan_size = 0; select count(*), sum(a.aid), sum(hashtext(b.filler || a.aid)::bigint)
	from pgbench_accounts a join pgbench_accounts b using (aid)"
query -c 'select count(distinct md5(n::text)) from generate_series(1, 100000) n'
# Time that is over ends a statement, and nothing ends one before.
query -c 'set statement_timeout = 300; select count(*) from generate_series(1, 1000000000)' || echo "status $?"
query -c 'select pg_sleep(0.5)'
query -c 'set lock_timeout = 200; begin; lock pgbench_tellers; select 1; commit'
query -c 'create table w (n int); create index on w (n); insert into w select n % 1000 from generate_series(1, 100000) n'
query -c 'vacuum analyze w'
query -c 'select count(*) from w where n = 77'
processes
# One that dies of a fault takes all down, and the postmaster brings them back.
query -c "select pg_sleep(20)" >"$FLEET_ASIDE/victim" 2>&1 &
asleep() { [ "$(query -c "select count(*) from pg_stat_activity where query like 'select pg_sleep(20)%'")" = 1 ]; }
until_true 10 asleep || echo "no victim"
kill -KILL "$(query -c "select pid from pg_stat_activity where query like 'select pg_sleep(20)%'")"
recovered() { [ "$(query -c 'select 1')" = 1 ]; }
wait $! || echo "its client: status $?"
until_true 20 recovered || echo "does not recover"
query -c 'select count(*) from w'
control restart -m fast
query -c 'select count(*) from w'
query -c 'select pg_sleep(0.1)'
control reload
control stop -m smart
control start
bench -n -c 4 -T 60 >"$FLEET_ASIDE/stopped" 2>&1 &
sleep 1
control stop -m fast
wait $! && echo "its client does not notice"
control start
control stop -m immediate
control start
# shellcheck disable=SC2086
"$bin/pg_dump" $client postgres -t 'pgbench_[bt]*' -t w --schema-only | grep -v -E '^.(un)?restrict ' | md5sum
query -c 'select count(*), sum(bbalance) * 0 from pgbench_branches'
control stop
sed -E 's/[0-9]+/N/g; s/redo (starts|done).*/redo/' "$log" |
	grep -v -E '^CONTEXT|invalid record length|redo|unexpected pageaddr|connection to client|terminating connection|STATEMENT|unexpected EOF|recovery mode|starting up|shutting down|automatic recovery|END;|UPDATE|INSERT|record with incorrect|could not (send|receive)|incorrect prev' | sort -u
# How many segments there are is a matter of time.
rm -rf data
