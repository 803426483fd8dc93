"""threading.RLock: held by a thread that the child made itself: its owner is no lost thread.

That thread waits for a lock that a lost one holds, so the child hangs.
"""
import os
import sys
import threading

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

lock = threading.Lock()
own = threading.RLock()
taken = threading.Event()
finished = threading.Event()


def hold():
    with lock:
        taken.set()
        finished.wait()


def take_both():
    with own:
        taken.set()
        with lock:
            pass


lost = threading.Thread(target=hold, name="lost")
lost.start()
taken.wait()
taken.clear()
child = os.fork()
if child == 0:
    threading.Thread(target=take_both, name="own").start()
    taken.wait()
    with own:
        os._exit(0)
status = reap(child)
finished.set()
lost.join()
sys.exit(status)
