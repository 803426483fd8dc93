#!/bin/sh
# work.sh TASKS: Celery's worker with two processes, asked and stopped.
set -eu
broker=redis+socket://$PWD/redis.sock
export C_FORCE_ROOT=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$SUITES/celery:$SUITES/frames"
redis-server --port 0 --unixsocket redis.sock --save '' --daemonize no >redis.log &
redis=$!
trap 'kill $redis' EXIT
until [ -S redis.sock ]; do sleep 0.05; done
/usr/bin/python3 -m celery --app "$1" --broker "$broker" --result-backend "$broker" worker \
	--pool prefork --concurrency 2 --without-mingle --without-gossip >worker.log 2>&1 &
worker=$!
status=0
/usr/bin/python3 "$SUITES/celery/ask.py" "$broker" "$1.sum_below" || status=$?
[ $status -eq 0 ] || pkill -KILL -P $worker
kill $worker
wait $worker || [ $status -ne 0 ] || status=$?
[ $status -ne 0 ] || echo computed
exit $status
