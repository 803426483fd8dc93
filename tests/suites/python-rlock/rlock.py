"""threading.RLock: a thread of the parent holds it when multiprocessing starts a child that takes it.

The argument is the start method: fork or spawn.
"""
import multiprocessing
import os
import sys
import threading

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

lock = threading.RLock()
taken = threading.Event()
finished = threading.Event()


def hold():
    with lock:
        with lock:
            taken.set()
            finished.wait()


def work():
    with lock:
        pass


if __name__ == "__main__":
    threading.Thread(target=hold, name="holder").start()
    taken.wait()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    process.start()
    status = reap(process.pid)
    finished.set()
    sys.exit(status)
