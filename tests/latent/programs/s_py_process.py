# /* SAFE kind=py-multiprocessing a multiprocessing.Lock is shared: the parent's thread gives it back */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import multiprocessing
fork = multiprocessing.get_context("fork")
counter_lock, counter = fork.Lock(), 0

def ticker():
    global counter
    while True:
        with counter_lock:
            counter += 1
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

def job():
    with counter_lock:
        pass

threading.Thread(target=ticker, daemon=True).start()
bad = 0
for _ in range(4):
    time.sleep(0.007)
    p = fork.Process(target=job); p.start(); p.join()
    bad |= p.exitcode != 0
os._exit(bad)
