"""Trio: a thread of its cache works for the parent, then for a child."""
import sys

import trio

from field import run_child


def work():
    return trio.run(trio.to_thread.run_sync, sum, [1, 2, 3])


if __name__ == "__main__":
    work()
    sys.exit(run_child(work))
