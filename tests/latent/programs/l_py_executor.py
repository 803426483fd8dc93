# /* LATENT lock=results_lock lost=job child=child_main kind=py-executor */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
from concurrent.futures import ThreadPoolExecutor

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

results, results_lock = [], threading.Lock()

def job(n):
    time.sleep(0.002)
    with results_lock:
        results.append(n)
        if SLOW: time.sleep(0.02)

def child_main():
    with results_lock:
        return len(results)

pool = ThreadPoolExecutor(2)
bad = 0
for i in range(4):
    for n in range(4): pool.submit(job, n)
    bad |= forks(1, 0.007, child_main)
os._exit(bad)
