# /* SAFE kind=py-io the child writes to a file of its own, and keeps the other one */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import io

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

class Sink(io.RawIOBase):
    def writable(self): return True
    def write(self, b):
        if SLOW: time.sleep(0.02)
        return len(b)

out = io.BufferedWriter(Sink(), 256)

def writer():
    while True:
        out.write(b"x" * 300)
        time.sleep(0.003)

def child_write():
    own = io.BytesIO()
    own.write(b"child")

threading.Thread(target=writer, daemon=True).start()
os._exit(forks(4, 0.007, child_write))
