"""python-lockout.py HOW: a child that locks itself out, beside a thread of its parent that used
the lock before and has no part in it. The parent ends it after four seconds, with status 42."""

import concurrent.futures
import multiprocessing
import queue
import sys
import threading

LOCK = threading.Lock()
RLOCK = threading.RLock()
JOBS = queue.Queue(1)


def lock():
    LOCK.acquire()
    LOCK.acquire()


def again():
    with RLOCK, RLOCK:
        pass


def rlock():
    with RLOCK:
        other = threading.Thread(target=RLOCK.acquire)
        other.start()
        other.join()


def executor():
    """A job of the only worker waits for another one."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: pool.submit(int).result()).result()


def full():
    JOBS.put(1)
    JOBS.put(2)


def use_all():
    with LOCK, RLOCK:
        JOBS.put(0)
        JOBS.get()


def idle(ready, ended):
    use_all()
    ready.set()
    ended.wait()


def main():
    ready, ended = threading.Event(), threading.Event()
    threading.Thread(target=idle, args=(ready, ended), daemon=True).start()
    ready.wait()
    child = multiprocessing.get_context("fork").Process(target=globals()[sys.argv[1]])
    child.start()
    child.join(4)
    status = 42 if child.is_alive() else child.exitcode
    child.kill()
    child.join()
    ended.set()
    return status


if __name__ == "__main__":
    sys.exit(main())
