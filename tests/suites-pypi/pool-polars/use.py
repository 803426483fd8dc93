"""multiprocessing.Pool: a program uses Polars, then a process of its pool does."""
import multiprocessing
import sys

import frame
from field import PATIENCE, method
from reap import HUNG

if __name__ == "__main__":
    frame.use_before_fork()
    with multiprocessing.get_context(method()).Pool(1) as pool:
        try:
            status = int(pool.apply_async(frame.count).get(timeout=PATIENCE) != frame.POSITIVE)
        except multiprocessing.TimeoutError:
            status = HUNG
    sys.exit(status)
