# /* LATENT lock=names_lock lost=loader child=child_main kind=py-ended */
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

names, names_lock = [], threading.Lock()

def loader():
    for n in range(60):
        with names_lock:
            names[:] = [n]
            if SLOW and n > 3 or SLOW and n == 2: time.sleep(0.02)
        time.sleep(0.003)

def child_main():
    with names_lock:
        return len(names)

t = threading.Thread(target=loader, daemon=True)
t.start()
os._exit(forks(4, 0.007, child_main))
