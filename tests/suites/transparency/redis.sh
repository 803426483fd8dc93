#!/bin/sh
# One unit of redis's own tests, with the installed redis.
set -u
cp -r "$BUILT/redis/tests" "$BUILT/redis/runtest" "$BUILT"/redis/*.conf .
mkdir src
ln -s /usr/bin/redis-* src/
timeout -k 10 800 ./runtest --clients 1 --single "$1" | tee output.redis
# "[ok]: NAME (12 ms)"; a name may come more than once.
sed 's/\x1b\[[0-9;]*m//g' output.redis | awk -F ']: ' '
	/^\[(ok|err|skip|ignore|exception)\]: / {
		name = substr($0, length($1) + 4)
		sub(/ \([0-9]+ ms\)$/, "", name)
		printf "%s %d\t%s\n", name, ++times[name], substr($1, 2)
	}' >"$RESULTS"
