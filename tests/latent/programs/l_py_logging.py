# /* LATENT lock=Memory.guard lost=worker child=child_log kind=py-logging */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import logging

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

class Memory(logging.Handler):
    def __init__(self):
        super().__init__()
        self.guard, self.lines = threading.Lock(), []
    def handle(self, record):           # its own lock, and not the handler's
        with self.guard:
            self.lines[:] = self.lines[-10:] + [record.getMessage()]
            if SLOW: time.sleep(0.02)

log = logging.getLogger("latent")
log.addHandler(Memory())
log.propagate = False
log.setLevel(logging.INFO)

def worker():
    while True:
        log.info("tick")
        time.sleep(0.003)

def child_log():
    log.info("from the child")

threading.Thread(target=worker, daemon=True).start()
os._exit(forks(4, 0.007, child_log))
