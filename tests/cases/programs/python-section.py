"""python-section.py [kept]: a thread counts under a lock, and calls nothing in there; children
read the count. With `kept`, hooks of os.register_at_fork() have the lock at each fork."""

import os
import sys
import threading
import time

FORKS = 6

lock = threading.Lock()
count = {"n": 0}


def work():
    while True:
        with lock:
            count["n"] += 1
        time.sleep(0.003)


def read():
    with lock:
        return count["n"]


if "kept" in sys.argv[1:]:
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release,
                        after_in_child=lock.release)
threading.Thread(target=work, daemon=True).start()
failed = 0
for _ in range(FORKS):
    time.sleep(0.007)
    child = os.fork()
    if child == 0:
        read()
        os._exit(0)
    failed |= os.waitpid(child, 0)[1]
os._exit(1 if failed else 0)
