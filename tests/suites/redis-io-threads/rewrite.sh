#!/bin/sh
# Rewrites its append-only file in the background while a benchmark writes, and
# is started anew from it. Ends with 0 where every rewrite and both servers ended well.
set -eu
socket=$PWD/redis.sock

start() {
	redis-server --port 0 --unixsocket "$socket" --save '' --appendonly yes --io-threads 4 \
		--io-threads-do-reads yes --dir "$PWD" --daemonize no >>server.log &
	server=$!
	until [ "$(cli ping 2>&1)" = PONG ]; do sleep 0.05; done
}

cli() {
	redis-cli -s "$socket" "$@"
}

stop() {
	cli shutdown >/dev/null 2>&1 || :
	wait $server
}

start
cli debug populate 200000 >/dev/null
redis-benchmark -s "$socket" -t set -c 50 -P 16 -r 100000 -n 50000 -d 64 -q >benchmark.log &
load=$!
for _ in 1 2 3; do
	cli bgrewriteaof >/dev/null
	while cli info persistence | grep -Eq '^aof_rewrite_(in_progress|scheduled):1'; do
		sleep 0.05
	done
	cli info persistence | grep -q '^aof_last_bgrewrite_status:ok'
done
wait $load
keys=$(cli dbsize)
stop
start
[ "$(cli dbsize)" = "$keys" ]
stop
echo rewritten
