"""OpenBLAS: a thread multiplies matrices while the main thread forks."""
import os
import signal
import threading
import time

PATIENCE = 6


def guard():
    """Ends this process, which is the one that hangs, with a signal."""
    guarded = os.getpid()
    if os.fork() != 0:
        return
    for _ in range(PATIENCE * 100):
        time.sleep(0.01)
        if os.getppid() != guarded:
            os._exit(0)
    os.kill(guarded, signal.SIGKILL)
    os._exit(0)


def multiply():
    while True:
        matrix @ matrix


guard()
os.environ["OPENBLAS_NUM_THREADS"] = "4"
import numpy

matrix = numpy.ones((1500, 1500))
matrix @ matrix
threading.Thread(target=multiply, daemon=True).start()
for _ in range(20):
    time.sleep(0.05)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
os._exit(0)
