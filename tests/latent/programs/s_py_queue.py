# /* SAFE kind=py-queue the child has a queue of its own */
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

class Recent(queue.Queue):
    """Keeps no more than 20."""
    def _put(self, item):
        while len(self.queue) >= 20: self.queue.popleft()
        if SLOW and threading.current_thread() is not threading.main_thread(): time.sleep(0.02)
        self.queue.append(item)

recent = Recent()

def feeder():
    n = 0
    while True:
        recent.put(n); n += 1
        time.sleep(0.003)

def child_put():
    global recent
    recent = Recent()
    recent.put("child")

threading.Thread(target=feeder, daemon=True).start()
os._exit(forks(4, 0.007, child_put))
