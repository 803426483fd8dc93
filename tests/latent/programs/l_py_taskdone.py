# /* LATENT lock=ledger_lock lost=clerk child=child_main kind=py-handover */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import queue

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

orders, ledger_lock, ledger = queue.Queue(), threading.Lock(), []

def book(n):
    with ledger_lock:
        ledger.append(n)
        if SLOW: time.sleep(0.02)

def clerk():
    while True:
        n = orders.get()
        orders.task_done()
        time.sleep(0.002)
        book(n)

def child_main():
    with ledger_lock:
        return len(ledger)

threading.Thread(target=clerk, daemon=True).start()
bad = 0
for i in range(4):
    orders.put(i)
    orders.join()
    bad |= forks(1, 0.008, child_main)
os._exit(bad)
