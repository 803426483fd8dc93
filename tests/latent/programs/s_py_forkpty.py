# /* SAFE kind=py-forkpty the child execs at once */
import os, sys, threading, time
SLOW = "SLOW" in os.environ
import pty
screen, screen_lock = [], threading.Lock()

def painter():
    while True:
        with screen_lock:
            screen[:] = ["x"]
            if SLOW: time.sleep(0.02)
        time.sleep(0.003)

def child_main():
    with screen_lock:
        return len(screen)

threading.Thread(target=painter, daemon=True).start()
bad = 0
for _ in range(3):
    time.sleep(0.008)
    pid, fd = pty.fork()
    if pid == 0:
        os.execv("/bin/true", ["true"])
    bad |= os.waitpid(pid, 0)[1]
    os.close(fd)
os._exit(bad != 0)
