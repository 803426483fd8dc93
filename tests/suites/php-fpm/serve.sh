#!/bin/sh
set -eu
user=$(id -un)
root=
[ "$user" != root ] || root=--allow-to-run-as-root
cp "$SOURCE/index.php" .
cat >fpm.conf <<-END
	[global]
	pid = $PWD/pid
	error_log = $PWD/error.log
	daemonize = no
	[www]
	user = $user
	group = $(id -gn)
	listen = $PWD/socket
	pm = dynamic
	pm.max_children = 4
	pm.start_servers = 2
	pm.min_spare_servers = 1
	pm.max_spare_servers = 3
	pm.max_requests = 3
END
/usr/sbin/php-fpm8.2 --nodaemonize $root -n -y "$PWD/fpm.conf" 2>fpm.log &
server=$!
until [ -S socket ]; do sleep 0.05; done

ask() {
	SCRIPT_FILENAME=$PWD/index.php QUERY_STRING=number=$1 REQUEST_METHOD=GET \
		cgi-fcgi -bind -connect "$PWD/socket" | tail -n 1
}

query() {
	for number in $(seq 12); do
		[ "$(ask "$number")" = $((2 * number)) ]
	done
	echo answered
}

query
kill -USR2 $server
until [ "$(grep -c "ready to handle connections" error.log)" -ge 2 ]; do sleep 0.05; done
query
kill -QUIT $server
wait $server
echo stopped
