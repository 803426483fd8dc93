# /* LATENT lock=tally_mutex lost=adder child=child_add kind=py-ctypes */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import ctypes

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

lib = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "libtally.so"))

def adder():
    while True:
        lib.tally_add(1)
        time.sleep(0.003)

def child_add():
    lib.tally_add(0)

threading.Thread(target=adder, daemon=True).start()
os._exit(forks(4, 0.007, child_add))
