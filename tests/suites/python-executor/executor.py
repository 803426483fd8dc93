"""ThreadPoolExecutor: used in the parent, then by a child of multiprocessing's start method fork."""
import multiprocessing
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

executor = ThreadPoolExecutor(max_workers=2)


def work():
    if executor.submit(pow, 2, 10).result() != 1024:
        sys.exit(1)


if __name__ == "__main__":
    work()
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    sys.exit(reap(process.pid))
