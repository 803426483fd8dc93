# /* SAFE kind=py-decorator two decorated functions have two locks, and the child calls the other */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import functools

def forks(n, gap, child):
    bad = 0
    for _ in range(n):
        time.sleep(gap)
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(0)
        bad |= os.waitpid(pid, 0)[1]
    return bad != 0

def synchronized(f):
    lock = threading.RLock()
    @functools.wraps(f)
    def g(*a):
        with lock:
            return f(*a)
    return g

@synchronized
def status(pause=False):
    if pause and SLOW: time.sleep(0.02)
    return "up"

@synchronized
def version():
    return 3

def poller():
    while True:
        status(True)
        time.sleep(0.003)

def child_main():
    version()

threading.Thread(target=poller, daemon=True).start()
os._exit(forks(4, 0.007, child_main))
