#!/bin/sh
# serve.sh APPLICATION [OPTION...]: uWSGI with two workers, asked and stopped.
set -eu
. "$SUITES/frames/ask.sh"
application=$1
shift
PYTHONDONTWRITEBYTECODE=1 uwsgi --plugin python3 --master --processes 2 "$@" --need-app \
	--http-socket socket --die-on-term --worker-reload-mercy 1 \
	--pythonpath "$SUITES/frames" --module "$application" --logto log &
server=$!
until [ "$(grep -c '^spawned uWSGI worker' log 2>/dev/null)" = 2 ]; do sleep 0.05; done
status=0
ask || status=$?
kill $server
wait $server || [ $status -ne 0 ] || status=$?
exit $status
