#!/bin/sh
# A cluster of its own: started, queried, stopped.
set -eu
PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1):$PATH
export PGHOST=$PWD PGPORT=5432 PGDATABASE=postgres PGUSER=suite
initdb -D data -U suite -A trust --no-sync >initdb.log
pg_ctl -D data -w -l server.log -o "-c listen_addresses='' -k '$PWD'" start >pg_ctl.log
sum=$(psql -qtA -c 'create table numbers as select generate_series(1, 100000) as n' \
	-c 'set min_parallel_table_scan_size = 0' -c 'set parallel_setup_cost = 0' \
	-c 'select sum(n) from numbers')
pg_ctl -D data -w stop >>pg_ctl.log
test "$sum" = 5000050000
