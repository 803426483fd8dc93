"""Celery: its worker uses Polars, then a process of its prefork pool does."""
import os
import sys

import celery
from celery.exceptions import TimeoutError

import frame
import host
from field import PATIENCE
from reap import HUNG


def ask(broker):
    app = celery.Celery("use", broker=broker, backend=broker)
    try:
        return int(app.signature("tasks.count").delay().get(timeout=PATIENCE) != frame.POSITIVE)
    except TimeoutError:
        return HUNG


if __name__ == "__main__":
    with host.redis() as address:
        broker = address.replace("unix", "redis+socket")
        os.environ.update(BROKER=broker, USE=sys.argv[1], C_FORCE_ROOT="1",
                          PYTHONPATH=f"{os.environ['SOURCE']}:{os.environ['PYTHONPATH']}")
        with host.started("-m", "celery", "--app", "tasks", "worker", "--pool", "prefork",
                          "--concurrency", "1", "--without-mingle", "--without-gossip"):
            status = ask(broker)
    sys.exit(status)
