"""RQ: a worker uses Polars, then the process that it forks for a job does."""
import sys

import redis
import rq
from rq.worker import SpawnWorker, Worker

import frame
import host


def work(address, kind):
    frame.use_before_fork()
    kind([rq.Queue(connection=redis.Redis.from_url(address))],
         connection=redis.Redis.from_url(address)).work(burst=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(work(sys.argv[2], SpawnWorker if sys.argv[1] == "spawn" else Worker))
    host.prepare_answers()
    with host.redis() as address:
        rq.Queue(connection=redis.Redis.from_url(address)).enqueue("frame.answer")
        with host.started(__file__, sys.argv[1], address):
            status = host.await_answer()
    sys.exit(status)
