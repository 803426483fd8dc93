# /* LATENT lock=changed lost=publisher child=version_get kind=py-condition */
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

changed, version = threading.Condition(), 0

def publisher():
    global version
    while True:
        with changed:
            version += 1
            changed.notify_all()
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

def version_get():
    with changed:
        return version

threading.Thread(target=publisher, daemon=True).start()
os._exit(forks(4, 0.007, version_get))
