"""ProcessPoolExecutor: a program uses Polars, then a process of its pool does."""
import multiprocessing
import sys
from concurrent import futures

import frame
from field import PATIENCE, method
from reap import HUNG


def ask(executor):
    try:
        return int(executor.submit(frame.count).result(timeout=PATIENCE) != frame.POSITIVE)
    except TimeoutError:
        return HUNG
    except futures.BrokenExecutor:
        return 1


if __name__ == "__main__":
    frame.use_before_fork()
    context = multiprocessing.get_context(method())
    with futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        status = ask(executor)
        for process in multiprocessing.active_children():
            process.kill()
    sys.exit(status)
