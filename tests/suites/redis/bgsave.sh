#!/bin/sh
# Saves in the background while a benchmark writes. Ends with 0 where every
# save and the server ended well.
set -eu
socket=$PWD/redis.sock
redis-server --port 0 --unixsocket "$socket" --save '' --dir "$PWD" --daemonize no >server.log &
server=$!

cli() {
	redis-cli -s "$socket" "$@"
}

until [ "$(cli ping 2>&1)" = PONG ]; do sleep 0.05; done
redis-benchmark -s "$socket" -t set -r 100000 -n 300000 -d 64 -q >benchmark.log &
load=$!
for _ in 1 2 3; do
	cli bgsave >/dev/null
	while cli info persistence | grep -q '^rdb_bgsave_in_progress:1'; do sleep 0.05; done
	cli info persistence | grep -q '^rdb_last_bgsave_status:ok'
done
wait $load
cli shutdown nosave >/dev/null 2>&1 || :
wait $server
