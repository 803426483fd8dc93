#!/bin/sh
# A server whose workers read files in threads: started, queried, made to renew
# its workers, queried again, stopped.
set -eu
cat >nginx.conf <<-END
	daemon off;
	user $(id -un);
	worker_processes 2;
	pid nginx.pid;
	error_log error.log;
	thread_pool readers threads=4;
	events {}
	http {
		access_log off;
		client_body_temp_path body;
		proxy_temp_path proxy;
		fastcgi_temp_path fastcgi;
		uwsgi_temp_path uwsgi;
		scgi_temp_path scgi;
		server {
			listen unix:nginx.sock;
			root files;
			aio threads=readers;
			sendfile off;
			output_buffers 1 64k;
		}
	}
END
mkdir -p files
head -c 2000000 /dev/urandom >files/large
nginx -p "$PWD" -c nginx.conf -e error.log &
server=$!

download() {
	curl --silent --fail --retry 20 --retry-delay 0 --retry-all-errors \
		--unix-socket nginx.sock http://localhost/large | cmp - files/large
}

until [ -S nginx.sock ]; do sleep 0.05; done
for _ in 1 2 3 4; do download; done
kill -HUP $server
sleep 0.5
for _ in 1 2 3 4; do download; done
kill -QUIT $server
wait $server
