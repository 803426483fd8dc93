"""python-meant.py WHAT: a child that waits without end, and whose parent ends it after three
seconds, beside a thread of the parent that has no part in it. With a signal's name the
parent wakes it with that."""

import fcntl
import multiprocessing
import os
import signal
import sys
import tempfile
import threading

WHAT = sys.argv[1]
FILE = tempfile.NamedTemporaryFile()


def event():
    threading.Event().wait()


def lock():
    fcntl.flock(FILE, fcntl.LOCK_EX)
    mutex = threading.Lock()
    mutex.acquire()
    mutex.acquire()


def condition():
    own = threading.Condition()
    with own:
        own.wait()


def rung():
    bell = threading.Event()
    signal.signal(getattr(signal, "SIG" + WHAT), lambda *_: bell.set())
    bell.wait()


def main():
    ended = threading.Event()
    threading.Thread(target=ended.wait, daemon=True).start()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=globals().get(WHAT, rung))
    child.start()
    child.join(3)
    alive = child.is_alive()
    os.kill(child.pid, getattr(signal, "SIG" + WHAT, signal.SIGKILL))
    child.join()
    ended.set()
    expected = 0 if WHAT.isupper() else -signal.SIGKILL
    return 0 if alive and child.exitcode == expected else 1


if __name__ == "__main__":
    sys.exit(main())
