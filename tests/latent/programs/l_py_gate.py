# /* LATENT lock=inner lost=worker child=child_main kind=py-gate */
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

outer, inner, n = threading.Lock(), threading.Lock(), 0

def step():
    global n
    with inner:
        n += 1
        if SLOW: time.sleep(0.02)

def worker():
    while True:
        with outer:
            step()
        time.sleep(0.002)
        step()
        time.sleep(0.002)

def child_main():
    with inner:
        return n

threading.Thread(target=worker, daemon=True).start()
bad = 0
for _ in range(5):
    time.sleep(0.006)
    with outer:
        if SLOW: time.sleep(0.004)
        bad |= forks(1, 0.0001, child_main)
os._exit(bad)
