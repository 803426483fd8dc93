"""Huey: a consumer with processes, forked after a client of the parent's has used its queue."""
import sys

import huey

from field import run_child

queue = huey.SqliteHuey(filename="queue.db")


@queue.task()
def add(a, b):
    return a + b


def work(result):
    queue.execute(queue.dequeue())


if __name__ == "__main__":
    result = add(1, 2)
    status = run_child(work, result)
    sys.exit(status or result.get(blocking=True, timeout=3) != 3)
