# /* SAFE kind=py-timer the timer is cancelled and joined before the forks */
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

stats, stats_lock = [0], threading.Lock()

class Repeat(threading.Timer):
    def run(self):
        while not self.finished.wait(self.interval):
            self.function()

def flush():
    with stats_lock:
        stats[0] = 0
        if SLOW: time.sleep(0.02)

def child_main():
    with stats_lock:
        stats[0] += 1

timer = Repeat(0.004, flush)
timer.daemon = True
timer.start()
time.sleep(0.01)
timer.cancel(); timer.join()
os._exit(forks(5, 0.0065, child_main))
