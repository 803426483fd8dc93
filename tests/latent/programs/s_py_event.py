# /* SAFE kind=py-event the child makes an Event of its own */
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

class Slowly(threading.Condition):
    def notify_all(self):
        super().notify_all()
        if SLOW and threading.current_thread() is not threading.main_thread(): time.sleep(0.02)

def new_event():
    e = threading.Event()
    e._cond = Slowly(threading.Lock())
    return e

ready = new_event()

def signaller():
    while True:
        ready.set()
        time.sleep(0.002)
        ready.clear()

def child_main():
    global ready
    ready = new_event()
    ready.set()

threading.Thread(target=signaller, daemon=True).start()
os._exit(forks(5, 0.007, child_main))
