"""Polars of PyPI: used by a parent, then by its children.

The argument is how these are made: fork, spawn, pool, executor or osfork. What hangs is
given up after some seconds, with status 42.
"""
import concurrent.futures
import multiprocessing
import os
import sys

sys.path.insert(0, os.environ["SUITES"])
from reap import HUNG, reap

import polars

PATIENCE = 6


def count_positive(frame):
    return frame.filter(polars.col("a") > 0).height


def with_pool(context, frame):
    with context.Pool(2) as pool:
        return pool.map_async(count_positive, [frame, frame]).get(PATIENCE)


def with_executor(context, frame):
    executor = concurrent.futures.ProcessPoolExecutor(2, mp_context=context)
    jobs = [executor.submit(count_positive, frame) for _ in range(2)]
    return [job.result(PATIENCE) for job in jobs]


def try_for_a_while(work, frame):
    """Workers that hang would keep the interpreter from ending."""
    try:
        work(multiprocessing.get_context("fork"), frame)
    except (multiprocessing.TimeoutError, concurrent.futures.TimeoutError,
            concurrent.futures.BrokenExecutor):
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(HUNG)
    return 0


def with_osfork(frame):
    pid = os.fork()
    if pid == 0:
        count_positive(frame)
        os._exit(0)
    return reap(pid)


def with_process(method, frame):
    child = multiprocessing.get_context(method).Process(target=count_positive, args=(frame,))
    child.start()
    return reap(child.pid)


def main(how):
    polars.DataFrame({"a": [0, 2, 3], "b": [0, 4, 5]}).write_parquet("numbers.parquet")
    frame = polars.read_parquet("numbers.parquet")
    if how == "pool":
        return try_for_a_while(with_pool, frame)
    if how == "executor":
        return try_for_a_while(with_executor, frame)
    return with_osfork(frame) if how == "osfork" else with_process(how, frame)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
