#!/bin/sh
set -eu
memcached -d -u "$(id -un)" -t 4 -s "$PWD/socket" -P "$PWD/pid"
until [ -S socket ] && [ -s pid ]; do sleep 0.05; done
perl "$SOURCE/query.pl" "$PWD/socket"
server=$(cat pid)
kill "$server"
while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
echo stopped
