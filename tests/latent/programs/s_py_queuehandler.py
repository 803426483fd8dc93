# /* SAFE kind=py-logging the child takes the QueueHandler off and logs to nothing */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import logging, logging.handlers, queue

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

class Slowly(queue.Queue):
    def _get(self):
        if SLOW: time.sleep(0.02)
        return super()._get()

records = Slowly()
log = logging.getLogger("latent")
log.setLevel(logging.INFO)
log.propagate = False
log.addHandler(logging.handlers.QueueHandler(records))
listener = logging.handlers.QueueListener(records, logging.NullHandler())
listener.start()

def chatter():
    while True:
        log.info("tick")
        time.sleep(0.004)

def child_log():
    log.handlers[:] = [logging.NullHandler()]
    log.info("from the child")

threading.Thread(target=chatter, daemon=True).start()
os._exit(forks(4, 0.009, child_log))
