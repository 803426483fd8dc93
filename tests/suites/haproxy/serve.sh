#!/bin/sh
# A proxy before a server of its own: queried, made to start a new worker, which gets the listening
# sockets of the old one, queried again, stopped.
set -eu
cat >haproxy.cfg <<-END
	global
		nbthread 2
		stats socket $PWD/admin.sock level admin expose-fd listeners
	defaults
		mode http
		timeout client 5s
		timeout server 5s
		timeout connect 5s
	frontend front
		bind unix@$PWD/front.sock
		default_backend back
	backend back
		server one unix@$PWD/back.sock
	frontend behind
		bind unix@$PWD/back.sock
		http-request return status 200 content-type text/plain string answered
END
haproxy -W -db -f haproxy.cfg >haproxy.log 2>&1 &
master=$!

ask() {
	curl --silent --fail --retry 50 --retry-delay 0 --retry-all-errors \
		--unix-socket front.sock http://localhost/
	echo
}

workers() {
	pgrep -P $master | tr '\n' ' '
}

until [ -S admin.sock ] && [ -S front.sock ]; do sleep 0.05; done
for _ in 1 2 3 4; do ask; done
first=$(workers)
kill -USR2 $master
while [ "$(workers)" = "$first" ]; do sleep 0.05; done
for _ in 1 2 3 4; do ask; done
kill -USR1 $master
wait $master
echo stopped
