"""The start method that nobody chose, while a thread holds a lock that the processes take too.

Since Python 3.14 it is forkserver, and each process has a lock of its own.
"""
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor

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


def start_process():
    process = multiprocessing.Process(target=square, args=[3])
    process.start()
    process.join()
    return process.exitcode


if __name__ == "__main__":
    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    taken.wait()
    print(multiprocessing.get_start_method(), start_process())
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(8)))
    with ProcessPoolExecutor(2) as executor:
        print(list(executor.map(square, range(8))))
    finished.set()
    holder.join()
