"""reach-python.py WHAT safe|unsafe [LIBRARY]: a thread uses a lock of Python's all the time, and
the child of a fork takes it; `safe` says what forbids it.

lock, rlock, condition, queue: the child makes one of its own first. logging: the handler's lock,
which the module makes anew, or one that a handler of the program's own brings. preexec: what
runs between fork and exec takes it, or does not. ctypes: a mutex of LIBRARY, which the child
makes anew first. gil: the same mutex, in calls that keep the interpreter to themselves (PyDLL),
or let it go (CDLL)."""

import ctypes
import logging
import os
import queue
import subprocess
import sys
import threading
import time

WHAT, IS_SAFE = sys.argv[1], sys.argv[2] == "safe"
LIBRARY = sys.argv[3] if len(sys.argv) > 3 else None
ends = False
started, first = os.pipe()


class Memory(logging.Handler):
    """Keeps what is logged; in `unsafe` under a lock of its own."""

    def __init__(self):
        super().__init__()
        self.guard = threading.Lock()
        self.lines = []

    def emit(self, record):
        if IS_SAFE:
            self.lines[:] = [record.getMessage()]
            return
        with self.guard:  # EMIT
            self.lines[:] = [record.getMessage()]


table = {
    "lock": threading.Lock,
    "rlock": threading.RLock,
    "condition": threading.Condition,
    "preexec": threading.Lock,
    "queue": lambda: queue.Queue(4),
}
make = table.get(WHAT, lambda: None)
shared = make()
log = logging.getLogger("reach")
log.addHandler(Memory())
log.propagate = False
log.setLevel(logging.INFO)
if LIBRARY:
    library = (ctypes.PyDLL if WHAT == "gil" and IS_SAFE else ctypes.CDLL)(LIBRARY)


def use_lock():
    with shared:  # LOCK
        pass


def use_queue():
    shared.put(1)  # PUT
    shared.get()


def use_log():
    log.info("tick")  # LOG


def use_library():
    library.tick_library()  # CALL


use = {"queue": use_queue, "logging": use_log, "ctypes": use_library, "gil": use_library}.get(
    WHAT, use_lock)


def ticker():
    is_first, is_last = True, False
    while not is_last:
        is_last = ends
        use()  # TICK
        if is_first:
            os.write(first, b"x")
        is_first = False
        time.sleep(0.02)


def work():
    global shared
    if IS_SAFE:
        shared = make()
        if WHAT == "ctypes":
            library.tick_repair()
    use()  # WORK


def in_preexec():
    if not IS_SAFE:
        use()  # PREEXEC


def fork_and_work():
    if WHAT == "preexec":
        return subprocess.Popen(["/bin/true"], preexec_fn=in_preexec).wait()  # START
    pid = os.fork()  # FORK
    if pid == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


thread = threading.Thread(target=ticker, name="ticks")
thread.start()
os.read(started, 1)
status = fork_and_work()
ends = True
thread.join()
sys.exit(status)
