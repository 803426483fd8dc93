"""python-work.py WHAT [cured]: a child puts work into a queue whose thread it does not have.

executor: of concurrent.futures; listener: of logging.handlers; queue: a queue.Queue with a worker;
simple: a queue.SimpleQueue, of which nothing more is known; condition: a class with a queue of its
own. "cured": it has a thread of its own, made as the report says; "drained": it takes the work out
itself; "stopped": what it puts there is the order to end; "joined": somebody waited for the end of
the thread that was lost.
"""

import collections
import concurrent.futures
import logging
import logging.handlers
import os
import queue
import sys
import threading
import time

import case

WHAT, HOW = sys.argv[1], "".join(sys.argv[2:])
done = threading.Event()
log = logging.getLogger("work")


class Exporter:
    """As clients have it: a deque, a condition, and a thread that waits."""

    def __init__(self):
        self.condition = threading.Condition()
        self.queue = collections.deque()
        threading.Thread(target=self.run, name="exporter", daemon=True).start()  # EXPORTER

    def run(self):
        while True:
            with self.condition:
                while not self.queue:
                    self.condition.wait()
                self.queue.popleft()
            done.set()

    def put(self, item):
        with self.condition:
            self.queue.append(item)
            self.condition.notify()  # NOTIFY


class Handler(logging.Handler):
    def emit(self, record):
        done.set()


def make_executor():
    global executor
    executor = concurrent.futures.ThreadPoolExecutor(1)


def use_executor():
    executor.submit(done.set)  # SUBMIT


def start_listener():
    global records, listener
    records = queue.Queue()
    listener = logging.handlers.QueueListener(records, Handler())
    log.handlers[:] = [logging.handlers.QueueHandler(records)]
    listener.start()


def use_listener():
    log.warning("work")  # LOG


def serve():
    while True:
        jobs.get()
        done.set()


def make_worker():
    global jobs
    jobs = queue.SimpleQueue() if WHAT == "simple" else queue.Queue()
    threading.Thread(target=serve, name="worker", daemon=True).start()  # WORKER


def use_worker():
    jobs.put("work")  # PUT


def make_exporter():
    global exporter
    exporter = Exporter()


def use_exporter():
    exporter.put("work")  # EXPORT


def drain():
    if WHAT == "condition":
        exporter.queue.clear()
    else:
        jobs.get()


MAKE, USE = {
    "executor": (make_executor, use_executor),
    "listener": (start_listener, use_listener),
    "queue": (make_worker, use_worker),
    "simple": (make_worker, use_worker),
    "condition": (make_exporter, use_exporter),
}[WHAT]


def work():
    done.clear()
    if HOW == "stopped":
        executor.shutdown(wait=False)
        return
    USE()  # USE
    if HOW == "cured" and not done.wait(case.PATIENCE):
        os._exit(1)
    if HOW == "drained":
        drain()


def main():
    MAKE()  # MAKE
    USE()
    done.wait()
    if HOW == "joined":
        threading.Thread(target=threading.enumerate()[-1].join, daemon=True).start()
    time.sleep(0.1)  # it waits by then
    if HOW == "cured":
        os.register_at_fork(after_in_child=MAKE)
    if HOW == "joined":
        os._exit(case.run_in_child(int))
    os._exit(case.run_in_child(work))  # RUN


main()
