"""feeder.py MODE: a child puts a megabyte into a Queue, and its parent joins it."""
import multiprocessing
import os
import sys
import time


def put(queue):
    queue.put("x" * 1000000)


def main():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=put, args=(queue,))
    child.start()
    if sys.argv[1] == "got":
        time.sleep(3)
        queue.get()
    child.join()  # JOIN
    os._exit(128 - child.exitcode if child.exitcode < 0 else child.exitcode)


main()
