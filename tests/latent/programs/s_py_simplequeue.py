# /* SAFE kind=py-queue SimpleQueue: a lost thread that waits in get() does not hinder the child's own put and get */
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

q = queue.SimpleQueue()

def getter():
    while True:
        q.get()
        if SLOW: time.sleep(0.01)

def child_main():
    q.put("c"); q.get()

threading.Thread(target=getter, daemon=True).start()
bad = 0
for i in range(5):
    q.put(i)
    bad |= forks(1, 0.006, child_main)
os._exit(bad)
