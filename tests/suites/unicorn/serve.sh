#!/bin/sh
set -eu
: >log
unicorn --config-file "$SOURCE/unicorn.rb" --listen "$PWD/socket" "$SOURCE/config.ru" 2>log &
server=$!

query() {
	for number in $(seq 12); do
		answer=$(curl --silent --fail --retry 20 --retry-delay 0 --retry-all-errors \
			--unix-socket socket "http://localhost/?$number")
		[ "$answer" = $((2 * number)) ]
	done
	echo answered
}

ready() {
	until [ "$(grep -c "worker=$1 ready" log)" -ge "$2" ]; do kill -0 $server; sleep 0.05; done
}

ready 0 1
ready 1 1
query
kill -QUIT "$(sed -n 's/.*worker=0 spawned pid=\([0-9]*\).*/\1/p' log | head -n 1)"
ready 0 2
query
kill -QUIT $server
wait $server
echo stopped
