"""threading.Lock: a thread of the parent holds it at fork, the child acquires it."""
import os
import sys
import threading

sys.path.insert(0, os.environ["SUITES"])
from reap import reap

lock = threading.Lock()
taken = threading.Event()
finished = threading.Event()


def hold():
    with lock:
        taken.set()
        finished.wait()


threading.Thread(target=hold).start()
taken.wait()
child = os.fork()
if child == 0:
    lock.acquire()
    os._exit(0)
status = reap(child)
finished.set()
sys.exit(status)
