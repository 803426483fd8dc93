"""python-signals.py MODE LIBPOOL: a child waits, and its program catches a signal.

`native` and `traced`: the child waits in C, where no function of Python's is ever run.
All others wake up: what the signal ends is a wait that gives up or asks Python.
"""

import ctypes
import faulthandler
import os
import signal
import sys
import threading
import time

import case

AFTER_SECONDS = 3
WOKEN = 7
SYS_futex = 202
FUTEX_WAIT_PRIVATE = 128

libc = ctypes.CDLL(None)
lock = threading.Lock()
semaphore = ctypes.create_string_buffer(64)
word = ctypes.c_int(0)


def wake(number, frame):
    if lock.locked():
        lock.release()
    word.value = 1
    libc.sem_post(semaphore)


def wait_for_lock(pool):
    lock.acquire()


def wait_for_semaphore(pool):
    while libc.sem_wait(semaphore) != 0:
        pass


def wait_for_futex(pool):
    while word.value == 0:
        libc.syscall(SYS_futex, ctypes.byref(word), FUTEX_WAIT_PRIVATE, 0, None, None, 0)


def wait_for_pool(pool):
    pool.pool_run(21)  # POOL


WAITS = {
    "native": wait_for_pool,
    "traced": wait_for_pool,
    "lock": wait_for_lock,
    "semaphore": wait_for_semaphore,
    "futex": wait_for_futex,
}


def send_to(child):
    time.sleep(AFTER_SECONDS)
    os.kill(child, signal.SIGTERM)


def main():
    mode = sys.argv[1]
    pool = ctypes.CDLL(sys.argv[2])
    pool.pool_start(2)  # START
    signal.signal(signal.SIGTERM, wake)
    if mode == "traced":
        faulthandler.register(signal.SIGUSR1, chain=True)
    lock.acquire()
    libc.sem_init(semaphore, 0, 0)
    child = os.fork()  # OWN_FORK
    if child == 0:
        WAITS[mode](pool)  # BEGIN
        os._exit(WOKEN)
    if WAITS[mode] is not wait_for_pool:
        send_to(child)
    return case.reap(child)


sys.exit(main())
