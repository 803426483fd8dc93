#!/bin/sh
set -eu
puma --workers 2 --threads 2:4 --preload --bind "unix://$PWD/socket" \
	"$SOURCE/config.ru" >log &
server=$!
until [ -S socket ]; do sleep 0.05; done

query() {
	for number in $(seq 12); do
		answer=$(curl --silent --fail --retry 20 --retry-delay 0 --retry-all-errors \
			--unix-socket socket "http://localhost/?$number")
		[ "$answer" = $((2 * number)) ]
	done
	echo answered
}

until [ "$(grep -c 'Worker .* booted' log)" -ge 2 ]; do sleep 0.05; done
query
kill -TERM "$(sed -n 's/.*Worker 0 (PID: \([0-9]*\)).*/\1/p' log | head -n 1)"
until [ "$(grep -c 'Worker 0 .* booted' log)" -ge 2 ]; do sleep 0.05; done
query
kill -TERM $server
wait $server || test $? -eq 143
echo stopped
