#!/bin/sh
# serve.sh APPLICATION [OPTION...]: gunicorn with two workers, asked and stopped.
set -eu
. "$SUITES/frames/ask.sh"
application=$1
shift
PYTHONDONTWRITEBYTECODE=1 gunicorn "$@" --workers 2 --bind "unix:$PWD/socket" --graceful-timeout 1 \
	--timeout 60 --pythonpath "$SUITES/frames" --log-file log "$application:application" &
server=$!
until [ -S socket ]; do sleep 0.05; done
status=0
ask || status=$?
kill $server
wait $server || status=$?
exit $status
