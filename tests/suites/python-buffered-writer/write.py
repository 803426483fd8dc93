"""BufferedWriter: a thread writes to a pipe that nobody reads yet, a child writes to the same file.

The argument is the start method: with spawn the child opens a file of its own.
"""
import multiprocessing
import os
import select
import sys
import threading
import time

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

CAPACITY = 1 << 20
file = None


def log(line):
    global file
    if file is None:
        file = open(os.devnull, "wb")
    file.write(line)


def is_full(pipe):
    return not select.select([], [pipe], [], 0)[1]


if __name__ == "__main__":
    reader, writer = os.pipe()
    file = open(writer, "wb")
    thread = threading.Thread(target=log, args=[bytes(CAPACITY)], name="writer")
    thread.start()
    while not is_full(writer):
        time.sleep(0.01)
    process = multiprocessing.get_context(sys.argv[1]).Process(target=log, args=[b"a line"])
    process.start()
    status = reap(process.pid)
    received = 0
    while received < CAPACITY:
        received += len(os.read(reader, CAPACITY))
    thread.join()
    sys.exit(status)
