# /* SAFE kind=py-rlock a child handler makes the RLock anew */
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

class Registry:
    def __init__(self):
        self.lock, self.names = threading.RLock(), set()
    def add(self, name):
        with self.lock:
            self.names.add(name)
            self.count()
            if SLOW: time.sleep(0.02)
    def count(self):
        with self.lock:
            return len(self.names)

registry = Registry()
os.register_at_fork(after_in_child=registry.lock._at_fork_reinit)

def pinger():
    n = 0
    while True:
        registry.add("host%d" % (n % 5)); n += 1
        time.sleep(0.003)

threading.Thread(target=pinger, daemon=True).start()
os._exit(forks(4, 0.007, registry.count))
