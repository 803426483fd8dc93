# /* SAFE kind=py-nested the child makes the lock anew before it forks again */
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

users, users_lock = {"a": 1}, threading.Lock()

def sync():
    while True:
        with users_lock:
            users["a"] += 1
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

def grandchild():
    with users_lock:
        return users["a"]

def child():
    global users_lock
    users_lock = threading.Lock()
    pid = os.fork()
    if pid == 0:
        grandchild()
        os._exit(0)
    os.waitpid(pid, 0)

threading.Thread(target=sync, daemon=True).start()
os._exit(forks(4, 0.007, child))
