"""multiprocessing.Lock: a worker is terminated while it has the lock, another one asks for it.

With the argument "safe" the worker is asked to end, and gives the lock back.
"""
import multiprocessing
import sys


def hold(lock, has_it, end):
    with lock:
        has_it.set()
        end.wait()


def ask(lock):
    with lock:
        pass


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    lock, has_it, end = context.Lock(), context.Event(), context.Event()
    holder = context.Process(target=hold, args=[lock, has_it, end])
    holder.start()
    has_it.wait()
    if sys.argv[1:] == ["safe"]:
        end.set()
    else:
        holder.terminate()
    holder.join()
    waiter = context.Process(target=ask, args=[lock])
    waiter.start()
    waiter.join()
    sys.exit(waiter.exitcode)
