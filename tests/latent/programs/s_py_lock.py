# /* SAFE kind=py-lock register_at_fork takes the lock over the fork */
import os, sys, threading, time
SLOW = "SLOW" in os.environ

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

cache, cache_lock = {}, threading.Lock()

def refresher():
    n = 0
    while True:
        with cache_lock:
            cache["n"] = n = n + 1
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

def lookup():
    with cache_lock:
        return cache.get("n")

os.register_at_fork(before=cache_lock.acquire, after_in_parent=cache_lock.release, after_in_child=cache_lock.release)
threading.Thread(target=refresher, daemon=True).start()
os._exit(forks(4, 0.007, lookup))
