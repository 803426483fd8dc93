# /* SAFE kind=py-semaphore the child makes a semaphore of its own before it uses one */
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

gate = threading.Semaphore(1)

def use(pause):
    with gate:
        if pause and SLOW: time.sleep(0.02)

def user():
    while True:
        use(True)
        time.sleep(0.003)

def child_use():
    global gate
    gate = threading.Semaphore(1)
    use(False)

threading.Thread(target=user, daemon=True).start()
os._exit(forks(4, 0.007, child_use))
