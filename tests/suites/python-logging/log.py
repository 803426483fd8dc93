"""A logging handler with a lock of its own, which logging does not know: the child logs too.

The argument is the start method: with spawn the child has a handler of its own.
"""
import logging
import multiprocessing
import os
import sys
import threading

sys.path.insert(0, os.environ["SUITES"])
from reap import reap


class Batch(logging.Handler):
    """Collects records; a thread sends them."""

    def __init__(self):
        super().__init__()
        self.records = []
        self.guard = threading.Lock()
        self.sending = threading.Event()
        self.finished = threading.Event()

    def emit(self, record):
        with self.guard:
            self.records.append(record)

    def send(self):
        with self.guard:
            self.sending.set()
            self.finished.wait()
            self.records.clear()


handler = Batch()
logging.getLogger().addHandler(handler)


def work():
    logging.error("a line")


if __name__ == "__main__":
    thread = threading.Thread(target=handler.send, name="sender")
    thread.start()
    handler.sending.wait()
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    process.start()
    status = reap(process.pid)
    handler.finished.set()
    thread.join()
    sys.exit(status)
