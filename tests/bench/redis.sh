#!/bin/sh
# redis.sh [OBSERVER...]: nanoseconds per request of a redis-server under load that
# saves in a child all the time, each a second after the last. Nothing where redis is
# not installed.
set -eu
command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null || exit 0
requests=400000
folder=$(mktemp -d)
socket=$folder/socket
server=

ask() {
	redis-cli -s "$socket" "$@"
}

finish() {
	[ -z "$server" ] || ask shutdown nosave >/dev/null 2>&1 || kill "$server" 2>/dev/null || :
	wait
	rm -rf "$folder"
}
trap finish EXIT

mkfifo "$folder/said"
"$@" redis-server --port 0 --unixsocket "$socket" --save '1 1' --dir "$folder" \
	--enable-debug-command yes >"$folder/said" 2>&1 &
server=$!
# One line says that it is ready; the others are dropped.
exec 3<"$folder/said"
while read -r line <&3; do
	case $line in *'ready to accept connections at'*) break ;; esac
done
cat <&3 >/dev/null &
exec 3<&-

ask debug populate 300000 key 64 >/dev/null
start=$(date +%s%N)
redis-benchmark -s "$socket" -t set -r 300000 -n $requests -d 64 -q >/dev/null
end=$(date +%s%N)
saves=$(ask info persistence | sed -n 's/^rdb_saves:\([0-9]*\).*/\1/p')
if [ "$saves" -eq 0 ]; then
	echo 'redis.sh: no child saved' >&2
	exit 1
fi
echo $(((end - start) / requests))
