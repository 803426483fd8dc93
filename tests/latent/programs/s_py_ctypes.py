# /* SAFE kind=py-ctypes PyDLL keeps the GIL over the call: main has it when it forks */
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

lib = ctypes.PyDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "libtally.so"))

def adder():
    while True:
        lib.tally_add(1)
        time.sleep(0.003)

def child_add():
    lib.tally_add(0)

threading.Thread(target=adder, daemon=True).start()
os._exit(forks(4, 0.007, child_add))
