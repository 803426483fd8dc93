"""AnyIO on asyncio: a worker thread works for the parent, then for a child."""
import sys

import anyio

from field import run_child


def work():
    return anyio.run(anyio.to_thread.run_sync, sum, [1, 2, 3])


if __name__ == "__main__":
    work()
    sys.exit(run_child(work))
