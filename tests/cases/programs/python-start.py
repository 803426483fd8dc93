"""python-start.py METHOD HOW [released]: a lock that a thread holds when a process is started.

METHOD: fork, spawn, forkserver. HOW: process, pool, executor.
It has no time limit of its own: a new interpreter starts slowly on a busy machine.
"""

import multiprocessing
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

KILLED = 137
lock = threading.Lock()


def hold(taken, end):
    with lock:
        taken.set()
        end.wait()


def work(number):
    with lock:  # WORK
        return number


def run_process(context):
    child = context.Process(target=work, args=(1,))
    child.start()  # PROCESS
    child.join()
    return abs(child.exitcode) and 128 - child.exitcode


def run_pool(context):
    with context.Pool(1) as pool:  # POOL
        return pool.map(work, [0])[0]


def run_executor(context):
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        try:
            return executor.submit(work, 0).result()  # EXECUTOR
        except BrokenProcessPool:
            return KILLED


def main():
    taken, end = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold, args=(taken, end), name="holder")
    holder.start()  # START
    taken.wait()
    if sys.argv[3:] == ["released"]:
        end.set()
        holder.join()
    how = {"process": run_process, "pool": run_pool, "executor": run_executor}[sys.argv[2]]
    status = how(multiprocessing.get_context(sys.argv[1]))  # HOW
    end.set()
    return status


if __name__ == "__main__":
    sys.exit(main())
