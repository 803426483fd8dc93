"""Pools of threads and of processes at the same time: each thread hands work to processes."""
import multiprocessing
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

lock = threading.Lock()
counts = {}


def square(number):
    with lock:
        counts[number] = counts.get(number, 0) + 1
    return number * number


def square_elsewhere(processes, number):
    return processes.submit(square, number).result()


def with_method(method):
    context = multiprocessing.get_context(method)
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2, mp_context=context) as processes:
        # The processes of a pool are started by its first jobs, here by this thread.
        first = list(processes.map(square, range(4)))
        mixed = list(threads.map(square_elsewhere, [processes] * 40, range(40)))
        alone = list(threads.map(square, range(40)))
    return first, mixed == alone == [number * number for number in range(40)]


def in_each():
    """A pool of threads in each of the processes of a pool."""
    with ThreadPoolExecutor(2) as threads:
        return sum(threads.map(square, range(10)))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, *with_method(name))
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(name)) as pool:
            print(name, [future.result() for future in [pool.submit(in_each) for _ in range(4)]])
