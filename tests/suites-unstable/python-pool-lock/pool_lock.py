"""multiprocessing.Pool, while a thread holds a lock that its workers take.

The argument is the start method: "fork", or "default", which is forkserver since Python 3.14.
"""
import multiprocessing
import sys
import threading

HUNG = 42
PATIENCE = 5

lock = threading.Lock()
taken = threading.Event()
finished = threading.Event()


def hold():
    with lock:
        taken.set()
        finished.wait()


def square(number):
    with lock:
        return number * number


def ask(pool):
    """A pool waits for ever for a worker that hangs, or was killed."""
    try:
        return pool.map_async(square, range(8)).get(PATIENCE)
    except multiprocessing.TimeoutError:
        return None


if __name__ == "__main__":
    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    taken.wait()
    method = None if sys.argv[1] == "default" else sys.argv[1]
    with multiprocessing.get_context(method).Pool(1) as workers:
        squares = ask(workers)
    finished.set()
    holder.join()
    print(multiprocessing.get_start_method(), squares)
    sys.exit(0 if squares else HUNG)
