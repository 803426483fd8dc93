# /* SAFE kind=py-lock main holds the lock over the fork; the child, which inherits it held, releases it */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
lock, n = threading.Lock(), 0

def ticker():
    global n
    while True:
        with lock:
            n += 1
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

threading.Thread(target=ticker, daemon=True).start()
bad = 0
for _ in range(4):
    time.sleep(0.007)
    with lock:
        pid = os.fork()
    if pid == 0:
        with lock: pass
        os._exit(0)
    bad |= os.waitpid(pid, 0)[1]
os._exit(bad != 0)
