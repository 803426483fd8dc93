# /* LATENT lock=Session.lock lost=expirer child=child_main kind=py-short-lived */
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

class Session:
    def __init__(self, n):
        self.n, self.lock, self.used = n, threading.Lock(), 0
    def touch(self):
        with self.lock:
            self.used += 1
            if SLOW and self.n >= 0: time.sleep(0.006)

sessions = {}

def expirer():
    while True:
        for s in list(sessions.values()):
            s.touch()
        time.sleep(0.002)

threading.Thread(target=expirer, daemon=True).start()
bad = 0
for i in range(12):
    sessions.pop(i - 3, None)
    sessions[i] = mine = Session(i)
    def child_main():
        mine.touch()
    bad |= forks(1, 0.005, child_main)
os._exit(bad)
