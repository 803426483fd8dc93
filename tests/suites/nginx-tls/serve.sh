#!/bin/sh
# nginx with TLS, asked by curl and by openssl's own client; its workers are renewed.
set -eu
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 \
	-subj /CN=localhost 2>request.log
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
		ssl_certificate $PWD/certificate.pem;
		ssl_certificate_key $PWD/key.pem;
		server {
			listen unix:$PWD/socket ssl;
			root $PWD/files;
			aio threads=readers;
		}
	}
END
mkdir -p files
seq 200000 >files/numbers
nginx -p "$PWD" -c nginx.conf -e error.log &
server=$!

ask() {
	for _ in 1 2 3 4; do
		curl --silent --fail --retry 20 --retry-delay 0 --retry-all-errors \
			--cacert certificate.pem --unix-socket socket https://localhost/numbers |
			cmp - files/numbers
	done
	printf 'GET /numbers HTTP/1.0\r\n\r\n' |
		openssl s_client -quiet -ign_eof -unix socket -CAfile certificate.pem 2>client.log |
		tail -n 1
}

until [ -S socket ]; do sleep 0.05; done
ask
kill -HUP $server
sleep 0.5
ask
kill -QUIT $server
wait $server

# openssl's own server
openssl s_server -quiet -unix other.socket -key key.pem -cert certificate.pem -www >/dev/null 2>&1 &
server=$!
until [ -S other.socket ]; do sleep 0.05; done
curl --silent --fail --cacert certificate.pem --unix-socket other.socket https://localhost/ |
	grep -c 'Protocol *:'
kill $server
# The shell may tell, or not, how it ended.
wait $server 2>/dev/null || test $? -eq 143
echo stopped
